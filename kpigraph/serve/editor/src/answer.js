// An answer as rows: what table, chart and CSV are made of.

const NUMBERS = /#(integer|decimal|double|float|int|long|short|byte|(non(Positive|Negative)|positive|negative)Integer|unsigned\w+)$/;

// The variables and rows of what YASR holds; null where it is no table. Made once for each answer.
export function table(yasr) {
  const { results } = yasr;
  if (!results) return null;
  if (results.rows === undefined) results.rows = made(results);
  return results.rows;
}

function made(results) {
  if (results.hasError()) return null;
  // YASR's own reading of JSON replaces {{…}} in texts; here they stay as they are.
  if (results.getContentType() === "application/sparql-results+json") {
    const { head, results: found } = JSON.parse(results.getOriginalResponseAsString());
    return found ? { names: head.vars, rows: found.bindings } : null;
  }
  const rows = results.getBindings();
  return rows ? { names: results.getVariables(), rows } : null;
}

// The number that a term is, null where it is none.
export function number(term) {
  if (!term || term.type === "uri" || term.type === "bnode" || !NUMBERS.test(term.datatype ?? "")) return null;
  const value = Number(term.value);
  return Number.isFinite(value) ? value : null;
}

// What a spreadsheet would take for a formula, and what of it is none; as kpigraph/formulas.py has it.
const FORMULA = /^'*[=+\-@＝＋－＠\t\r\n]/;
const HARMLESS = /^(?:[-－+＋]?[\p{Nd}.,]+[\p{L}\p{N}_]*[%％]?|[-－]+)$/u;

// SPARQL 1.1 Query Results CSV: plain values, CRLF, blank nodes as _:b; no cell is a formula to a spreadsheet.
export function csv({ names, rows }) {
  const safe = (text) => (FORMULA.test(text) && !HARMLESS.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const cell = (text) => quoted(safe(text));
  const value = (term) => (term ? cell(term.type === "bnode" ? `_:${term.value.replace(/^_:/, "")}` : term.value) : "");
  return [names.map(cell), ...rows.map((row) => names.map((name) => value(row[name])))].map((r) => `${r.join(",")}\r\n`).join("");
}

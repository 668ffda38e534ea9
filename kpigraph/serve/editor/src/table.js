// The answer as a table: sorted, searched and read in parts; things of ours lead to their pages.

import { csv, number, table } from "./answer.js";
import { address, homes, lang, make, say, shown } from "./set.js";

const PART = 100; // rows
const collator = new Intl.Collator(lang, { numeric: true });

export class Table {
  priority = 10;
  label = say("table");

  constructor(yasr) {
    this.yasr = yasr;
  }

  canHandleResults() {
    return table(this.yasr) !== null;
  }

  getIcon() {}

  draw() {
    this.answer = table(this.yasr);
    this.from = 0;
    this.order = null;
    this.prefixes = Object.entries(this.yasr.getPrefixes()).sort(([, a], [, b]) => b.length - a.length);
    if (!this.answer.rows.length) {
      this.yasr.resultsEl.append(make("p", { className: "none" }, say("no_rows")));
      return;
    }
    this.numeric = this.answer.names.map((name) => this.answer.rows.some((r) => r[name] && number(r[name]) !== null));
    this.heads = this.answer.names.map((name, n) => {
      const button = make("button", { type: "button", className: "sort", title: say("sort", { column: name }) }, name);
      button.onclick = () => this.sort(name);
      return make("th", { scope: "col", className: this.numeric[n] ? "right" : "" }, button);
    });
    this.body = make("tbody");
    this.pager = make("p", { className: "row pager" });
    const scroll = make(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", "aria-label": say("table") },
      make("table", { className: "results" }, make("thead", {}, make("tr", {}, ...this.heads)), this.body),
    );
    const filter = make("input", { type: "search", className: "filter" });
    filter.oninput = () => {
      this.wanted = filter.value.normalize("NFKC").toLowerCase();
      this.from = 0;
      this.fill();
    };
    this.wanted = "";
    if (this.answer.rows.length > 10) {
      this.yasr.resultsEl.append(make("p", {}, make("label", { className: "searched" }, `${say("filter")} `, filter)));
    }
    this.yasr.resultsEl.append(scroll, this.pager);
    this.fill();
  }

  // Each press turns the order round; the third gives back that of the answer.
  sort(name) {
    const down = this.order?.name === name && !this.order.down;
    this.order = this.order?.name === name && this.order.down ? null : { name, down };
    this.from = 0;
    this.fill();
  }

  rows() {
    const { names, rows } = this.answer;
    const fits = (row) => names.some((n) => row[n]?.value.normalize("NFKC").toLowerCase().includes(this.wanted));
    const found = this.wanted ? rows.filter(fits) : rows;
    if (!this.order) return found;
    const { name, down } = this.order;
    const compare = (a, b) => {
      if (!a[name] || !b[name]) return a[name] ? -1 : b[name] ? 1 : 0; // what is not there comes last, either way
      const [x, y] = [number(a[name]), number(b[name])];
      const order = x !== null && y !== null ? x - y : collator.compare(a[name].value, b[name].value);
      return down ? -order : order;
    };
    return [...found].sort(compare);
  }

  fill() {
    const rows = this.rows();
    const part = rows.slice(this.from, this.from + PART);
    const { names } = this.answer;
    names.forEach((name, n) => {
      const sorted = this.order?.name === name;
      if (sorted) this.heads[n].setAttribute("aria-sort", this.order.down ? "descending" : "ascending");
      else this.heads[n].removeAttribute("aria-sort");
    });
    this.body.replaceChildren(...part.map((row) => make("tr", {}, ...names.map((name, n) => this.cell(row[name], n)))));
    this.page(rows.length);
  }

  cell(term, n) {
    const cell = make("td", this.numeric[n] ? { className: "right" } : {});
    if (!term) return cell;
    if (term.type === "uri") cell.append(this.thing(term.value));
    else cell.append(term.type === "bnode" ? `_:${term.value.replace(/^_:/, "")}` : term.value);
    if (term["xml:lang"] && term["xml:lang"] !== lang) cell.lang = term["xml:lang"];
    return cell;
  }

  thing(iri) {
    const [prefix, home] = this.prefixes.find(([, h]) => iri.startsWith(h) && !/[/#]/.test(iri.slice(h.length))) ?? [];
    const [[data]] = homes;
    const short = iri.startsWith(data) ? `…/${iri.slice(data.length)}` : prefix ? `${prefix}:${iri.slice(home.length)}` : iri;
    const href = address(iri);
    return href ? make("a", { href, title: iri }, short) : make("span", { title: iri }, short);
  }

  page(all) {
    const move = (by, words, able) => {
      const button = make("button", { type: "button", disabled: !able }, say(words, { number: PART }));
      button.onclick = () => {
        this.from += by;
        this.fill();
      };
      return button;
    };
    const range = { all: shown(all), first: shown(Math.min(all, this.from + 1)), last: shown(Math.min(all, this.from + PART)) };
    const parts = all > PART;
    const filtered = this.wanted ? say("filtered", { number: shown(all), all: shown(this.answer.rows.length) }) : "";
    this.pager.hidden = !parts && !filtered;
    this.pager.replaceChildren(
      ...(parts ? [move(-PART, "before", this.from > 0), say("range", range), move(PART, "after", this.from + PART < all)] : []),
      make("span", { role: "status" }, filtered),
    );
  }

  download() {
    const answer = table(this.yasr);
    return answer && { contentType: "text/csv", filename: "kpigraph.csv", title: "CSV", getData: () => csv(answer) };
  }
}

// Completes prefixes and terms of our vocabulary, found by name or by label in either language. Only this server is asked.

import Yasgui from "@zazuko/yasgui";
import { lang, make, say, terms as where } from "./set.js";

const { Yasqe } = Yasgui;
const MOST = 60;
const ORDER = { class: ["class", "property", "code"], property: ["property", "class", "code"], code: ["code", "class", "property"] };

let asked;

// What /sparql/terms has: prefixes and terms; none of either where it cannot be had.
function known() {
  asked ??= fetch(where, { credentials: "same-origin" })
    .then((response) => (response.ok ? response.json() : Promise.reject(new Error(response.statusText))))
    .then(({ prefixes, terms }) => ({ prefixes, terms, byName: new Map(terms.map((t) => [t.name, t])) }))
    .catch(() => {
      asked = undefined; // it is asked again the next time
      return { prefixes: {}, terms: [], byName: new Map() };
    });
  return asked;
}

export const prefixes = async () => (await known()).prefixes;

const folded = (text) => text.normalize("NFKC").toLowerCase();

// What kind of term can stand at the cursor, and after which property.
function place(yasqe, token) {
  const before = yasqe.getPreviousNonWsToken(yasqe.getDoc().getCursor().line, token);
  const property = before?.state?.lastProperty ?? "";
  if (["a", "rdf:type"].includes(property) && before.string === property) return { kind: "class" };
  if (token.state.possibleCurrent?.includes("a")) return { kind: "property" };
  return { kind: "code", property };
}

// How well `term` fits what is typed, 0 for not at all.
function fit(term, typed) {
  if (!typed) return 1;
  const name = folded(term.name);
  const own = name.slice(name.indexOf(":") + 1);
  const [prefix, rest] = typed.includes(":") ? [typed.slice(0, typed.indexOf(":") + 1), typed.slice(typed.indexOf(":") + 1)] : ["", typed];
  if (prefix && !name.startsWith(prefix)) return 0;
  if (own.startsWith(rest)) return 6;
  if (own.includes(rest)) return 5;
  const labels = [folded(term.ja), folded(term.en)];
  if (labels.some((l) => l.startsWith(rest))) return 4;
  if (labels.some((l) => l.includes(rest))) return 3;
  return !prefix && name.startsWith(rest) ? 2 : 0;
}

const completer = {
  name: "terms",
  bulk: false,
  autoShow: false,

  isValidCompletionPosition(yasqe) {
    const token = yasqe.getCompleteToken();
    const before = yasqe.getPreviousNonWsToken(yasqe.getDoc().getCursor().line, token);
    return !/^[?$"'#]/.test(token.string) && token.type !== "comment" && !/^(prefix|base)$/i.test(before?.string ?? "") && !token.state.inPrefixDecl;
  },

  preProcessToken(yasqe, token) {
    if (token.string.trim()) return token;
    const { ch } = yasqe.getDoc().getCursor();
    return { ...token, string: "", from: { ch }, to: { ch } }; // between words: nothing is replaced
  },

  async get(yasqe, token) {
    const { terms, byName } = await known();
    const typed = folded(token.string.trim().replace(/^</, ""));
    const { kind, property } = place(yasqe, token);
    const scheme = byName.get(property)?.values;
    const rank = (t) => (scheme && t.scheme === scheme ? -1 : ORDER[kind].indexOf(t.kind)) + (/^<?(kpi:|c:)/.test(t.name) ? 0 : 0.5);
    return terms
      .map((term) => ({ term, fit: fit(term, typed) }))
      .filter((f) => f.fit && !(kind === "property" && !typed && f.term.kind !== "property"))
      .sort((a, b) => rank(a.term) - rank(b.term) || b.fit - a.fit || (a.term.name < b.term.name ? -1 : 1))
      .slice(0, MOST)
      .map((f) => f.term.name);
  },

  postProcessSuggestion: (_yasqe, _token, name) => name,

  // Called when `known` has answered: the labels are there.
  postprocessHints: (_yasqe, hints) => hints.map((hint) => ({ ...hint, render: rendered })),
};

let labels = new Map();
known().then(({ byName }) => (labels = byName));

function rendered(element, _list, hint) {
  const term = labels.get(hint.text);
  element.append(make("code", {}, hint.text));
  if (term) element.append(make("span", { className: "hint-label" }, ` ${term[lang]} `), make("small", {}, say(term.kind)));
}

// Sets up what YASQE completes; its own completers, which ask other hosts, are left out.
export function setUp() {
  Yasqe.forkAutocompleter("prefixes", {
    name: "our-prefixes",
    persistenceId: null,
    get: async () => Object.entries(await prefixes()).map(([prefix, iri]) => `${prefix}: <${iri}>`),
  });
  Yasqe.registerAutocompleter(completer);
  Yasqe.defaults.autocompleters = ["our-prefixes", "terms", "variables"];
}

// Shows completions while a word is typed, not while the cursor only moves.
export function whileTyping(yasqe) {
  yasqe.on("autocompletionShown", (_yasqe, { hints }) => {
    hints.setAttribute("aria-label", say("hints"));
    hints.tabIndex = 0; // it scrolls; Tab itself picks what is marked
  });
  yasqe.on("inputRead", (_editor, change) => {
    const typed = yasqe.getCompleteToken().string;
    if (change.origin === "+input" && /[\p{L}\p{N}:_-]$/u.test(change.text.join("")) && typed.length > 1 && !yasqe.state.completionActive) {
      yasqe.autocomplete();
    }
  });
}

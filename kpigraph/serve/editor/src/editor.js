// The query editor of /sparql: YASQE in place of the field, YASR in place of the answer. Without this the form works alone.

import Yasgui from "@zazuko/yasgui";
import { ask, link, Refusal } from "./ask.js";
import { prefixes, setUp, whileTyping } from "./completion.js";
import { Results, UNKEPT } from "./results.js";
import { given, make, say, words } from "./set.js";

const { Yasqe } = Yasgui;
const form = document.getElementById("ask");
const field = document.getElementById("query");
const format = document.getElementById("format");
const served = document.getElementById("served");

const first = field.value.trimEnd();
let running = null; // what stops the query under way
let known = {}; // prefixes, for names in a table

setUp();
knowPrefixes();
const place = make("div", { id: "editor" });
field.before(place);
const yasqe = new Yasqe(place, {
  value: first,
  persistenceId: null, // the address keeps the query; nothing is stored in the browser
  consumeShareLink: null,
  createShareableLink: null,
  showQueryButton: false,
  resizeable: false,
  editorHeight: null, // the style sheet says it
  viewportMargin: Number.POSITIVE_INFINITY,
  screenReaderLabel: `${words.query}. ${say("help")}`,
  extraKeys: {
    Tab: false, // moves on, as everywhere
    "Shift-Tab": false,
    "Ctrl-S": false,
    "Ctrl-Enter": () => run(),
    "Cmd-Enter": () => run(),
  },
});
yasqe.getPrefixesFromQuery = () => ({ ...Object.getPrototypeOf(yasqe).getPrefixesFromQuery.call(yasqe) }); // declared ones
yasqe.showNotification = () => {}; // the help below says it, in the reader's language
field.hidden = true;
document.getElementById("query-label").onclick = (event) => {
  event.preventDefault();
  yasqe.focus();
};
new ResizeObserver(() => yasqe.refresh()).observe(yasqe.getWrapperElement());
whileTyping(yasqe);
yasqe.on("changes", explain);
explain();

const stop = form.querySelector(".stop");
stop.onclick = () => running?.abort();
form.querySelector(".copy-link").onclick = share;
const state = form.querySelector(".state");
const heading = make("h2", { id: "answers-title", tabIndex: -1 }, words.answer);
const answers = make("section", { id: "answers", hidden: true, "aria-labelledby": heading.id }, heading);
served.before(answers);
const results = new Results(answers, { ...UNKEPT, prefixes: () => known });

// The endpoint knows our prefixes: a query that does not declare them is no mistake.
function knowPrefixes() {
  const { modes } = Object.getPrototypeOf(Yasqe);
  const plain = modes.sparql11;
  modes.sparql11 = (...how) => {
    const mode = plain(...how);
    return { ...mode, startState: () => ({ ...mode.startState(), prefixes: Object.create(given) }) };
  };
}

// Says in the reader's language what is wrong with a line that YASQE has marked.
function explain() {
  const mark = place.querySelector(".parseErrorIcon");
  if (!mark) return;
  const line = yasqe.getDoc();
  for (let n = 0; n < line.lineCount(); n++) {
    const { state: read } = yasqe.getTokenAt({ line: n, ch: line.getLine(n).length }, true);
    if (read.OK !== false) continue;
    const what = (read.possibleCurrent ?? []).slice(0, 12).join(" ");
    const said = what ? say("expected", { what }) : say("wrong_line");
    mark.onmouseover = null; // YASQE's own words, in English
    mark.onmouseout = null;
    mark.title = said;
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", said);
    return;
  }
}

form.addEventListener("submit", (event) => {
  field.value = yasqe.getValue();
  if (format.value === "html") {
    event.preventDefault();
    run();
    return;
  }
  form.method = link(field.value) ? "get" : "post"; // a file of another form: the browser fetches it
});

async function run({ remember = true } = {}) {
  const query = yasqe.getValue();
  field.value = query;
  running?.abort();
  const mine = new AbortController();
  running = mine;
  stop.hidden = false;
  state.textContent = say("running");
  if (remember) keep(query);
  try {
    const answer = await ask(query, mine.signal);
    if (running !== mine) return;
    known = await prefixes();
    show({ data: answer.text || " ", contentType: answer.type, status: answer.status }, answer.milliseconds);
    state.textContent = cut(answer) ? say("cut") : "";
  } catch (error) {
    if (running !== mine) return;
    if (error.name === "AbortError") {
      state.textContent = say("stopped");
    } else {
      state.textContent = "";
      const { status, line, column, message } = error instanceof Refusal ? error : new Refusal(say("unreadable"));
      show({ error: { status, text: message, excerpt: excerpt(query, line, column) } }, 0);
      if (line) yasqe.getDoc().setCursor({ line: line - 1, ch: Math.max(0, column - 1) });
    }
  } finally {
    if (running === mine) {
      running = null;
      stop.hidden = true;
    }
  }
}

function show(response, milliseconds) {
  answers.style.minHeight = served.hidden ? "" : `${served.offsetHeight}px`; // what stands below stays where it is
  served.hidden = true;
  document.getElementById("fault")?.remove();
  answers.hidden = false;
  results.setResponse(response, milliseconds);
}

// Whether the server says at the end of an answer that it is not the whole.
const cut = ({ text }) => /cut: this result is longer than the limit of \d+ bytes/.test(text.slice(-200));

// The line that a fault is in, with a mark under the place; wide letters count as two.
function excerpt(query, line, column) {
  const text = query.split("\n")[line - 1];
  if (!text) return "";
  const before = [...text].slice(0, column - 1);
  const start = Math.max(0, before.length - 60);
  const width = before.slice(start).reduce((sum, c) => sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(c) ? 2 : 1), 0);
  return `${[...text].slice(start, start + 100).join("").replaceAll("\t", " ")}\n${" ".repeat(width)}^`;
}

// The address keeps the query: reloading, going back and sharing it lead here again.
function keep(query) {
  const address = link(query);
  if (address && address !== location.href) history.pushState({ query }, "", address);
  if (!address && location.search) history.pushState({ query }, "", location.pathname);
  const other = document.querySelector("a.language");
  if (other && address) {
    const to = new URL(other.href);
    to.searchParams.delete("format");
    to.searchParams.set("query", query);
    other.href = to.pathname + to.search;
  }
}

async function share() {
  const address = link(yasqe.getValue());
  if (!address) {
    state.textContent = say("long");
    return;
  }
  try {
    await navigator.clipboard.writeText(address);
    state.textContent = say("copied");
  } catch {
    state.replaceChildren(`${say("link")} `, make("a", { href: address, className: "iri" }, address)); // no clipboard here
  }
}


// An example runs here, without loading the page anew; opened in another tab it is a page like any other.
document.getElementById("questions")?.addEventListener("click", (event) => {
  const chosen = event.target.closest("a[href^='/sparql?']");
  if (!chosen || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  yasqe.setValue(new URL(chosen.href).searchParams.get("query").trimEnd());
  run().then(() => heading.focus({ preventScroll: true })); // who reads by ear is told where the answer is
  form.scrollIntoView();
});

window.addEventListener("popstate", (event) => {
  const query = new URL(location.href).searchParams.get("query") ?? event.state?.query;
  yasqe.setValue(query?.trimEnd() ?? first);
  if (query) run({ remember: false });
  else answers.hidden = true;
});

// The page came with an answer: it is shown here too, with chart and downloads. A refusal stays as the server says it.
if (served.querySelector("section")) run({ remember: false });

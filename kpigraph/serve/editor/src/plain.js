// An answer as it was received, yes or no, and a refusal.

import { make, say, shown, words } from "./set.js";

const MOST = 500_000; // characters that are shown; a download has all

export class Received {
  priority = 2;
  label = say("response");

  constructor(yasr) {
    this.yasr = yasr;
  }

  canHandleResults() {
    return !this.yasr.results.hasError();
  }

  getIcon() {}

  // Its text; JSON in lines, so that it can be read.
  text() {
    const text = this.yasr.results.getOriginalResponseAsString();
    if (this.type().name !== "JSON" || text.length > MOST) return text;
    return JSON.stringify(JSON.parse(text), null, 1);
  }

  type() {
    return this.yasr.results.getContentType()?.includes("json") ? { name: "JSON", ending: "json" } : { name: "Turtle", ending: "ttl" };
  }

  draw() {
    const text = this.text();
    const about = { className: "scroll received", tabIndex: 0, role: "region", "aria-label": this.label };
    this.yasr.resultsEl.append(make("pre", about, text.slice(0, MOST)));
    if (text.length > MOST) {
      this.yasr.resultsEl.append(make("p", { className: "quiet" }, say("response_cut", { number: shown(MOST) })));
    }
  }

  download() {
    const { results } = this.yasr;
    const { name, ending } = this.type();
    const getData = () => results.getOriginalResponseAsString();
    return { contentType: results.getContentType(), filename: `kpigraph.${ending}`, title: name, getData };
  }
}

export class YesNo {
  priority = 10;
  hideFromSelection = true;

  constructor(yasr) {
    this.yasr = yasr;
  }

  canHandleResults() {
    return !this.yasr.results.hasError() && typeof this.yasr.results.getBoolean() === "boolean";
  }

  getIcon() {}

  draw() {
    const said = this.yasr.results.getBoolean() ? words.answer_true : words.answer_false;
    this.yasr.resultsEl.append(make("p", { className: "big" }, said));
  }
}

export class Failure {
  priority = 20;
  hideFromSelection = true;

  constructor(yasr) {
    this.yasr = yasr;
  }

  canHandleResults() {
    return this.yasr.results.hasError();
  }

  getIcon() {}

  draw() {
    const { text, excerpt } = this.yasr.results.getError();
    const place = excerpt ? make("pre", {}, excerpt) : null;
    this.yasr.resultsEl.append(make("div", { className: "fault", role: "alert" }, make("p", {}, text), place));
  }
}

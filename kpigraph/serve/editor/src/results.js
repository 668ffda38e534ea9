// YASR with its own words in the reader's language, and with our views of an answer.

import Yasgui from "@zazuko/yasgui";
import { table } from "./answer.js";
import { Chart } from "./chart.js";
import { Failure, Received, YesNo } from "./plain.js";
import { make, say, shown } from "./set.js";
import { Table } from "./table.js";

const { Yasr } = Yasgui;

const views = { table: Table, chart: Chart, response: Received, boolean: YesNo, error: Failure };
for (const [name, view] of Object.entries(views)) Yasr.registerPlugin(name, view);

// The head above an answer: how to show it, how much it is, how to take it along. The rest is YASR's.
export class Results extends Yasr {
  drawHeader() {
    this.buttons = {};
    this.views = make("div", { className: "views", role: "group", "aria-label": say("views") });
    for (const name of ["table", "chart", "response"]) {
      const button = make("button", { type: "button" }, this.plugins[name].label);
      button.onclick = () => this.selectPlugin(name);
      button.classList.add(`show-${name}`);
      this.buttons[name] = button;
      this.views.append(button);
    }
    this.told = make("span", { className: "told quiet", role: "status" });
    this.pluginControls = make("div", { className: "plugin-controls" });
    this.taken = make("button", { type: "button", className: "take" });
    this.taken.onclick = () => this.download();
    this.headerEl.append(this.views, this.told, this.taken, this.pluginControls);
    this.updateResponseInfo();
  }

  updatePluginSelectors(able) {
    if (this.views) this.views.hidden = Boolean(this.results?.hasError());
    for (const [name, button] of Object.entries(this.buttons ?? {})) {
      button.setAttribute("aria-pressed", String(name === this.drawnPlugin));
      if (able) button.disabled = !able.includes(name);
    }
  }

  updateResponseInfo() {
    const rows = this.results && table(this)?.rows.length;
    const counted = rows === 1 ? say("row") : Number.isInteger(rows) ? say("rows", { number: shown(rows) }) : "";
    const seconds = ((this.results?.getResponseTime() ?? 0) / 1000).toFixed(2);
    this.told.textContent = this.results && !this.results.hasError() ? `${counted} ${say("time", { seconds })}`.trim() : "";
  }

  updateHelpButton() {}

  updateExportHeaders() {
    const info = this.drawnPlugin && this.plugins[this.drawnPlugin].download?.();
    this.taken.hidden = !info;
    if (info) this.taken.textContent = say("download", { what: info.title });
  }

  fillFallbackBox(name) {
    this.emptyFallbackElement();
    if (this.plugins[name]?.hideFromSelection) return;
    const names = { asked: this.getSelectedPlugin().label, shown: this.plugins[name].label };
    this.fallbackInfoEl.append(make("p", { className: "quiet" }, say("not_as", names)));
  }
}

// Nothing is kept in the browser: what it holds of an answer would outlive the release.
export const UNKEPT = { persistenceId: null, pluginOrder: ["table", "chart", "response"], defaultPlugin: "table" };

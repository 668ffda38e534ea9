// The answer as a chart: names along one side, numbers along the other. Nothing is fetched, nothing inline is needed.

import { number, table } from "./answer.js";
import { address, draw, make, say, shown } from "./set.js";

const MOST_BARS = 40;
const MOST_POINTS = 400;
const TIME = /#(date|dateTime|gYear|gYearMonth)$/;
const [WIDEST, NARROWEST, NARROW] = [1040, 280, 560]; // pixels, which are the picture's own units

export class Chart {
  priority = 5;
  label = say("chart");

  constructor(yasr) {
    this.yasr = yasr;
  }

  // The columns that can be numbers: each value is one, and there is one.
  numbers() {
    const { names, rows } = table(this.yasr);
    return names.filter((n) => rows.some((r) => r[n]) && rows.every((r) => !r[n] || number(r[n]) !== null));
  }

  // Whether a column has dates: a line then runs along time, which is not the same as from row to row.
  timed(name) {
    return Boolean(name) && table(this.yasr).rows.every((r) => !r[name] || (TIME.test(r[name].datatype ?? "") && moment(r[name].value) !== null));
  }

  canHandleResults() {
    return table(this.yasr) !== null && this.numbers().length > 0;
  }

  getIcon() {}

  draw() {
    const { names, rows } = table(this.yasr);
    const numbers = this.numbers();
    const texts = names.filter((n) => !numbers.includes(n) && rows.some((r) => r[n]));
    const literal = (n) => rows.every((r) => r[n]?.type !== "uri");
    const several = new Set(rows.map((r) => r[numbers.at(-1)]?.value)).size;
    this.names = texts.find((n) => this.timed(n)) ?? texts.find(literal) ?? texts[0] ?? (numbers.length > 1 ? numbers[0] : "");
    this.value = numbers.filter((n) => n !== this.names).at(several > 1 ? -1 : 0) ?? numbers[0];
    this.kind = this.timed(this.names) && new Set(rows.map((r) => r[this.names]?.value)).size === rows.length ? "line" : "bars";
    this.place = make("div", { className: "charted" });
    const choice = (words, options, chosen, choose) => {
      const select = make("select", {}, ...options.map(([value, text]) => make("option", { value, selected: value === chosen }, text)));
      select.onchange = () => {
        choose(select.value);
        this.fill();
      };
      return make("label", {}, `${say(words)} `, select);
    };
    const same = (n) => [n, n];
    this.yasr.resultsEl.append(
      make(
        "p",
        { className: "row chosen" },
        names.length > 1 ? choice("names", names.map(same), this.names, (v) => (this.names = v)) : null,
        choice("numbers", numbers.map(same), this.value, (v) => (this.value = v)),
        choice("kind", [["bars", say("bars")], ["line", say("line")]], this.kind, (v) => (this.kind = v)),
      ),
      this.place,
    );
    this.redraw = () => this.place.clientWidth !== this.drawn && this.fill();
    window.addEventListener("resize", this.redraw);
    this.fill();
  }

  destroy() {
    window.removeEventListener("resize", this.redraw);
  }

  fill() {
    this.drawn = this.place.clientWidth;
    const width = Math.max(NARROWEST, Math.min(WIDEST, this.drawn - 20));
    const { rows } = table(this.yasr);
    const most = this.kind === "bars" ? MOST_BARS : MOST_POINTS;
    const all = rows.filter((r) => r[this.value]).map((r, n) => ({ name: this.named(r, n), value: number(r[this.value]) }));
    if (this.kind === "line" && this.timed(this.names)) all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const data = all.slice(0, most);
    const values = data.map((d) => d.value);
    const facts = { names: this.names || "–", numbers: this.value, number: shown(data.length) };
    const words = say("charted", { ...facts, least: shown(Math.min(...values)), most: shown(Math.max(...values)) });
    const picture = this.kind === "bars" ? bars(data, width) : line(data, width, this.timed(this.names) && this.dated(data));
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", words);
    this.picture = picture;
    const left = rows.length - all.length;
    this.place.replaceChildren(
      make("p", { className: "quiet" }, words),
      picture,
      ...(all.length > data.length ? [note("chart_cut", { all: shown(all.length), number: shown(most) })] : []),
      ...(left ? [note("chart_left_out", { number: shown(left) })] : []),
    );
  }

  // Each value's moment; null where one has none.
  dated(data) {
    const moments = data.map((d) => moment(d.name));
    return moments.includes(null) ? null : moments;
  }

  named(row, n) {
    const term = row[this.names];
    if (!term) return String(n + 1);
    return term.type === "uri" ? address(term.value).replace(/^.*[/#]/, "") || term.value : term.value;
  }

  download() {
    if (!this.picture) return undefined;
    const getData = () => {
      const copy = this.picture.cloneNode(true);
      copy.prepend(draw("style", {}, SAVED));
      return new XMLSerializer().serializeToString(copy);
    };
    return { contentType: "image/svg+xml", filename: "kpigraph.svg", title: "SVG", getData };
  }
}

// Milliseconds from 1970 to a date, year or year and month of XML Schema; null where it is none.
function moment(text) {
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

// The colours of a picture that has left the page.
const SAVED =
  "text{font-family:sans-serif;font-size:13px;fill:#1c2328}.quiet-text{fill:#56626b}.value-bar{fill:#1d5f91}" +
  ".value-line{fill:none;stroke:#1d5f91;stroke-width:2}.value-point{fill:#1d5f91}.axis{stroke:#56626b}";

const note = (words, values) => make("p", { className: "quiet" }, say(words, values));

// Round steps that cover the numbers and zero.
function ticks(values) {
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const rough = (most - least || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((s) => s * power).find((s) => s >= rough);
  const first = Math.floor(least / step);
  return Array.from({ length: Math.ceil((most || (least ? 0 : 1)) / step) - first + 1 }, (_, n) => Number(((first + n) * step).toPrecision(12)));
}

const clipped = (text, most) => ([...text].length > most ? `${[...text].slice(0, most - 1).join("")}…` : text);

const frame = (width, height) => draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "answer-chart" });

// Names stand before the bars; where that leaves no room, above them.
function bars(data, width) {
  const above = width < NARROW;
  const [row, top, left, right] = above ? [46, 24, 12, 64] : [30, 24, 240, 90];
  const scale = ticks(data.map((d) => d.value));
  const [least, most] = [scale[0], scale.at(-1)];
  const x = (v) => left + ((v - least) / (most - least)) * (width - left - right);
  const height = top + row * data.length + 8;
  const picture = frame(width, height);
  picture.append(...scale.map((v) => draw("text", { class: "quiet-text", x: x(v), y: 14, "text-anchor": "middle" }, shown(v))));
  picture.append(...scale.map((v) => draw("line", { class: v ? "grid" : "axis", x1: x(v), x2: x(v), y1: top - 4, y2: height })));
  data.forEach(({ name: text, value }, n) => {
    const y = top + row * n;
    const [from, to] = [x(Math.min(0, value)), x(Math.max(0, value))];
    const label = above ? { x: 2, y: y + 15 } : { x: left - 10, y: y + 20, "text-anchor": "end" };
    picture.append(
      draw("text", label, draw("title", {}, text), clipped(text, above ? Math.floor(width / 15) : 17)),
      draw("rect", { class: "value-bar", x: from, y: y + row - 24, width: Math.max(1, to - from), height: 20 }),
      draw("text", { x: to + 6, y: y + row - 10 }, shown(value)),
    );
  });
  return picture;
}

function line(data, width, moments) {
  const [height, left, right, bottom] = [340, 80, 40, 40];
  const scale = ticks(data.map((d) => d.value));
  const [least, most] = [scale[0], scale.at(-1)];
  const along = moments || data.map((_, n) => n);
  const [begin, end] = [along[0], along.at(-1)];
  const x = (n) => left + (end > begin ? (along[n] - begin) / (end - begin) : 0.5) * (width - left - right);
  const y = (v) => height - bottom - ((v - least) / (most - least)) * (height - bottom - 16);
  const picture = frame(width, height);
  for (const v of scale) {
    picture.append(
      draw("line", { class: v ? "grid" : "axis", x1: left, x2: width - right, y1: y(v), y2: y(v) }),
      draw("text", { class: "quiet-text", x: left - 8, y: y(v) + 4, "text-anchor": "end" }, shown(v)),
    );
  }
  let free = 0; // where the next name has room
  data.forEach(({ name }, n) => {
    if (x(n) < free) return;
    free = x(n) + 100;
    picture.append(draw("text", { class: "quiet-text", x: x(n), y: height - 14, "text-anchor": "middle" }, clipped(name, 10)));
  });
  picture.append(draw("polyline", { class: "value-line", points: data.map((d, n) => `${x(n)},${y(d.value)}`).join(" ") }));
  picture.append(
    ...data.map((d, n) =>
      draw("circle", { class: "value-point", cx: x(n), cy: y(d.value), r: 4 }, draw("title", {}, `${d.name}: ${shown(d.value)}`)),
    ),
  );
  return picture;
}

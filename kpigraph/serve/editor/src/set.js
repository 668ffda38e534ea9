// What the page tells the script, and small makers of elements.

const set = JSON.parse(document.getElementById("editor-set").textContent);

export const { lang, words, terms, homes, given } = set;

// Says `words[key]` with what stands in braces filled in.
export function say(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

export const shown = (number) => number.toLocaleString(lang === "ja" ? "ja-JP" : "en-GB", { maximumFractionDigits: 12 });

// Makes an element: its properties, then what is in it. Texts are always texts, never markup.
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((c) => c !== null && c !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// Where a page shows `iri`: a path here for what is ours, the web address itself, "" for what is none.
export function address(iri) {
  for (const [home, path] of homes) if (iri.startsWith(home)) return path + iri.slice(home.length);
  return /^https?:\/\//i.test(iri) ? iri : "";
}

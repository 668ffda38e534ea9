// Bundles src/editor.js and src/editor.css: `node build.mjs SOURCES OUT`, run where node_modules is.
//
// Names carry a digest of the content, so that browsers may keep the files for ever; manifest.json says which is which.
// The same lock gives the same bytes. Each file is packed here, once, as well as it can be.
import { createHash } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [sources, out] = process.argv.slice(2);
const modules = path.resolve("node_modules");
const esbuild = createRequire(path.resolve("package.json"))("esbuild");
const manifest = {};
const part = `${out}.part`;

// Packages that only build or check, and whose code is in no file that we hand out.
const TOOLS = /^(@?esbuild(\/|$)|@types\/)/;

function licences() {
  const lock = JSON.parse(fs.readFileSync("package-lock.json", "utf8"));
  const parts = [];
  for (const [place, entry] of Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const name = place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);
    if (!place || entry.dev || TOOLS.test(name)) continue;
    const about = JSON.parse(fs.readFileSync(path.join(place, "package.json"), "utf8"));
    const files = fs.readdirSync(place).filter((f) => /^(licen[cs]e|copying|notice)/i.test(f)).sort();
    const text = files.map((f) => fs.readFileSync(path.join(place, f), "utf8").trim()).join("\n\n");
    const named = licence(about);
    parts.push(`${name} ${about.version}${named && ` (${named})`}\n\n${text || standard(about, named)}`);
  }
  return `${parts.join(`\n\n${"=".repeat(80)}\n\n`)}\n`.replaceAll("\r\n", "\n");
}

function licence(about) {
  const named = about.license ?? about.licenses?.map((l) => l.type).join(" or ");
  return named?.type ?? named ?? "";
}

// The text of the licence that a package names without bringing it.
function standard(about, named) {
  if (named === "CC0-1.0") return "Dedicated to the public domain: https://creativecommons.org/publicdomain/zero/1.0/";
  if (named !== "MIT") throw new Error(`${about.name} does not bring the text of its licence`);
  const people = [about.author, ...(about.contributors ?? []), ...(about.maintainers ?? [])].filter(Boolean);
  const names = people.map((p) => (typeof p === "string" ? p : p.name).replace(/ *<.*/, ""));
  return `MIT License

Copyright (c) ${[...new Set(names)].join(", ") || `the authors of ${about.name}`}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
}

function write(role, stem, ending, text) {
  const body = Buffer.from(text);
  const name = `${stem}-${createHash("sha256").update(body).digest("hex").slice(0, 12)}.${ending}`;
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } };
  fs.writeFileSync(path.join(part, name), body);
  fs.writeFileSync(path.join(part, `${name}.br`), brotliCompressSync(body, best));
  fs.writeFileSync(path.join(part, `${name}.gz`), gzipSync(body, { level: 9 }));
  manifest[role] = name;
  return name;
}

async function bundle(file, banner) {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: sources,
    entryPoints: [path.join(sources, "src", file)],
    nodePaths: [modules],
    bundle: true,
    minify: true,
    write: false,
    charset: "utf8",
    format: "esm",
    legalComments: "none", // all of them stand in the licences, whole
    target: "es2022",
    logLevel: "warning",
    logOverride: { "direct-eval": "silent" }, // of a JSON parser for browsers that have none: never run
    banner: { [path.extname(file).slice(1)]: banner },
  });
  return outputFiles[0].text;
}

fs.rmSync(part, { recursive: true, force: true });
fs.mkdirSync(part, { recursive: true });
const texts = write("licences", "licences", "txt", licences());
const banner = `/*! licences of what is in here: /assets/${texts} */`;
write("script", "editor", "js", await bundle("editor.js", banner));
write("style", "editor", "css", await bundle("editor.css", banner));
fs.writeFileSync(path.join(part, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
fs.rmSync(out, { recursive: true, force: true });
fs.renameSync(part, out);

// Asks the endpoint of this server, and no other.

import { lang, say } from "./set.js";

const LONGEST = 6000; // characters of an address; longer queries go by POST, and have no link
const MOST = 16; // MiB of an answer that a page shows

const path = (query) => `/sparql?query=${encodeURIComponent(query)}`;

// The link to a query, null where it would be too long for one.
export function link(query) {
  const made = path(query);
  return made.length > LONGEST ? null : new URL(made, location.href).href;
}

// A refusal in words that a person can read, with the place in the query where there is one.
export class Refusal extends Error {
  constructor(message, { status = 0, line = 0, column = 0 } = {}) {
    super(message);
    Object.assign(this, { status, line, column });
  }
}

// Asks `query`. Gives text, media type and milliseconds.
// Throws: Refusal; AbortError where `signal` stopped it.
export async function ask(query, signal) {
  const begun = performance.now();
  const headers = { Accept: "application/sparql-results+json, text/turtle;q=0.9" };
  const how = { headers, signal, credentials: "same-origin" };
  const short = path(query).length <= LONGEST;
  let response;
  let text;
  try {
    response = short
      ? await fetch(`${path(query)}&lang=${lang}`, how)
      : await fetch(`/sparql?lang=${lang}`, { ...how, method: "POST", body: new URLSearchParams({ query }) });
    text = await read(response);
  } catch (error) {
    if (error.name === "AbortError" || error instanceof Refusal) throw error;
    throw new Refusal(say("offline"));
  }
  if (!response.ok) throw refusal(response.status, text);
  const type = (response.headers.get("content-type") ?? "").split(";")[0];
  return { text, type, status: response.status, milliseconds: performance.now() - begun };
}

async function read(response) {
  if (!response.body) return response.text();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > MOST << 20) {
      await reader.cancel();
      throw new Refusal(say("too_large", { size: MOST }));
    }
    text += decoder.decode(value, { stream: true });
  }
}

function refusal(status, text) {
  try {
    const { detail, line, column } = JSON.parse(text); // RFC 9457
    if (typeof detail === "string") return new Refusal(detail, { status, line, column });
  } catch {
    // not ours: what stands between us and the server speaks
  }
  return new Refusal(say("status", { status }), { status });
}

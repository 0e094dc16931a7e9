/* The binary answers of the fast path: the browser's half of dashboard/server/messages.py. */
import * as channel from "./channel.js";
import { answerTo } from "./server_answers.js";

/** @typedef {{ name: string, dtype: "f4" | "u1", shape: number[], offset: number }} Entry */

const KINDS = { f4: Float32Array, u1: Uint8Array };

const decoder = new TextDecoder();

/** The message at a place of the buffer: {about, arrays, size}; each array carries its own shape.
    @type {(buffer: ArrayBuffer, start?: number) => Message} */
export function unpacked(buffer, start = 0) {
  const length = new DataView(buffer).getUint32(start, true);
  const ground = start + 4 + length;
  const header = decoder.decode(new Uint8Array(buffer, start + 4, length));
  const { arrays: entries, ...about } = JSON.parse(header);
  /** @type {Record<string, any>} */
  const arrays = {};
  let size = 4 + length;
  for (const entry of /** @type {Entry[]} */ (entries)) {
    const count = entry.shape.reduce((product, side) => product * side, 1);
    const values = new KINDS[entry.dtype](buffer, ground + entry.offset, count);
    arrays[entry.name] = Object.assign(values, { shape: entry.shape });
    size = 4 + length + entry.offset + 4 * Math.ceil(values.byteLength / 4);
  }
  return { about, arrays, size };
}

/** Ask a fast-path address for one message; throws the server's sentence where it refuses.
    @type {(path: string, words: Words, signal?: AbortSignal) => Promise<Message>} */
export const ask = async (path, words, signal) => unpacked((await asked(path, words, signal)).buffer);

/** Ask for several messages, which follow one another; with when they arrived and how long the server took.
    @type {(path: string, words: Words) => Promise<Messages>} */
export async function askAll(path, words) {
  const { buffer, start: first, handled } = await (channel.isOpen() ? channeled(path, words) : fetched(path, words));
  const messages = Object.assign(/** @type {Message[]} */ ([]), { arrived: performance.now(), handled });
  for (let start = first; start < buffer.byteLength;) {
    const message = unpacked(buffer, start);
    messages.push(message);
    start += message.size;
  }
  return messages;
}

/** By the channel; what is lost when it closes is fetched.
    @type {(path: string, words: Words) => Promise<{ buffer: ArrayBuffer, start: number, handled: number }>} */
async function channeled(path, words) {
  const buffer = await channel.ask(`/${path}?${new URLSearchParams(words)}`).catch(() => null);
  if (!buffer) return fetched(path, words);
  const { about: { status, timing }, size } = unpacked(buffer);
  if (status !== 200) throw refused(status, toldIn(new Uint8Array(buffer, size)));
  return { buffer, start: size, handled: handledIn(timing) };
}

/** @type {(path: string, words: Words) => Promise<{ buffer: ArrayBuffer, start: number, handled: number }>} */
async function fetched(path, words) {
  const answer = await asked(path, words);
  channel.open(); // the server is there: from now on by the channel, if it has one
  return { ...answer, start: 0 };
}

/** @type {(path: string, words: Words, signal?: AbortSignal) => Promise<{ buffer: ArrayBuffer, handled: number }>} */
async function asked(path, words, signal) {
  const response = await answerTo(`${path}?${new URLSearchParams(words)}`, { signal });
  if (!response.ok) throw refused(response.status, await response.json().catch(() => ({})));
  return { buffer: await response.arrayBuffer(), handled: handledIn(response.headers.get("Server-Timing")) };
}

/** Tell an address something; throws the server's sentence where it refuses.
    @type {(path: string, words: Words) => Promise<void>} */
export async function post(path, words) {
  const response = await answerTo(`${path}?${new URLSearchParams(words)}`, { method: "POST" });
  if (!response.ok) throw refused(response.status, await response.json().catch(() => ({})));
}

/** What a refusal says; an error page says nothing that a reader could use.
    @type {(bytes: Uint8Array) => { error?: string }} */
function toldIn(bytes) {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return {};
  }
}

/** @type {(status: number, told: { error?: string }) => Error} */
const refused = (status, { error }) =>
  new Error(error || `The server answered with an error (${status}); reload the page.`);

/** Milliseconds that the server took, of a Server-Timing header.
    @type {(timing: string | null) => number} */
const handledIn = (timing) => Number((/handled;dur=([\d.]+)/.exec(timing ?? "") || [])[1]);

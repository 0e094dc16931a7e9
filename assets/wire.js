/* The binary answers of the fast path: the browser's half of dashboard/wire.py. */
window.FuseVis = window.FuseVis || {};

FuseVis.wire = (() => {
  "use strict";

  const KINDS = { f4: Float32Array, u1: Uint8Array };

  const decoder = new TextDecoder();

  /** The message at a place of the buffer: {about, arrays, size}; each array carries its own shape. */
  function unpacked(buffer, start = 0) {
    const length = new DataView(buffer).getUint32(start, true);
    const ground = start + 4 + length;
    const header = decoder.decode(new Uint8Array(buffer, start + 4, length));
    const { arrays: entries, ...about } = JSON.parse(header);
    const arrays = {};
    let size = 4 + length;
    for (const entry of entries) {
      const count = entry.shape.reduce((product, side) => product * side, 1);
      const values = new KINDS[entry.dtype](buffer, ground + entry.offset, count);
      arrays[entry.name] = Object.assign(values, { shape: entry.shape });
      size = 4 + length + entry.offset + 4 * Math.ceil(values.byteLength / 4);
    }
    return { about, arrays, size };
  }

  /** Ask a fast-path address for one message; throws the server's sentence where it refuses. */
  const ask = async (path, words, signal) => unpacked((await asked(path, words, signal)).buffer);

  /** Ask for several messages, which follow one another; with when they arrived and how long the server took. */
  async function askAll(path, words, signal) {
    const { buffer, handled } = await asked(path, words, signal);
    const messages = Object.assign([], { arrived: performance.now(), handled });
    for (let start = 0; start < buffer.byteLength; start += messages.at(-1).size) {
      messages.push(unpacked(buffer, start));
    }
    return messages;
  }

  async function asked(path, words, signal) {
    const response = await fetch(`${path}?${new URLSearchParams(words)}`, { signal });
    if (!response.ok) {
      const told = await response.json().catch(() => ({}));
      throw new Error(told.error || `The server answered with an error (${response.status}); reload the page.`);
    }
    const [, handled] = /handled;dur=([\d.]+)/.exec(response.headers.get("Server-Timing")) || [];
    return { buffer: await response.arrayBuffer(), handled: Number(handled) };
  }

  return { ask, askAll, unpacked };
})();

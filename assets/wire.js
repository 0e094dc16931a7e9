/* The binary answers of the fast path: the browser's half of dashboard/wire.py. */
window.FuseVis = window.FuseVis || {};

FuseVis.wire = (() => {
  "use strict";

  const KINDS = { f4: Float32Array, u1: Uint8Array };

  /** One message: {about, arrays}; each array carries its own shape. */
  function unpacked(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const header = new TextDecoder().decode(new Uint8Array(buffer, 4, length));
    const { arrays: entries, ...about } = JSON.parse(header);
    const arrays = {};
    for (const entry of entries) {
      const count = entry.shape.reduce((product, side) => product * side, 1);
      const values = new KINDS[entry.dtype](buffer, 4 + length + entry.offset, count);
      arrays[entry.name] = Object.assign(values, { shape: entry.shape });
    }
    return { about, arrays };
  }

  /** Ask a fast-path address; throws the server's sentence where it refuses. */
  async function ask(path, words, signal) {
    const response = await fetch(`${path}?${new URLSearchParams(words)}`, { signal });
    if (!response.ok) {
      const told = await response.json().catch(() => ({}));
      throw new Error(told.error || `The server answered with an error (${response.status}); reload the page.`);
    }
    return unpacked(await response.arrayBuffer());
  }

  return { ask, unpacked };
})();

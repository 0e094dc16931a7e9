import assert from "node:assert/strict";
import { test } from "node:test";

import { ON_BRIGHT, ON_DARK, colorOn, edges, luminance } from "../../assets/js/imaging/edges.js";

const image = (height, width, valueAt) => Object.assign(
  Uint8Array.from({ length: height * width }, (_, at) => valueAt(Math.floor(at / width), at % width)), { shape: [height, width] });
const grey = (value) => (0xff000000 | (value << 16) | (value << 8) | value) >>> 0;

test("the edge of a step is a line of one pixel beside it", () => {
  for (const turn of [false, true]) {
    const mask = edges(image(9, 12, (row, col) => ((turn ? row : col) > 4 ? 200 : 20)), 1);
    const found = [...mask.keys()].filter((at) => mask[at]);
    assert.equal(found.length, turn ? 12 : 9);
    for (const at of found) assert.equal(turn ? Math.floor(at / 12) : at % 12, 4);
  }
});

test("a flat picture has no edges, and of two steps the stronger one is drawn first", () => {
  assert.equal(edges(image(8, 8, () => 90), 1).some(Boolean), false);
  const mask = edges(image(8, 20, (_, col) => (col > 12 ? 250 : col > 5 ? 60 : 20)), 0.5);
  const cols = new Set([...mask.keys()].filter((at) => mask[at]).map((at) => at % 20));
  assert.deepEqual([...cols], [12]);
});

test("an edge has a contrast of three to one with every grey level", () => {
  const contrast = (one, two) => (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
  for (let value = 0; value < 256; value += 1) {
    const color = colorOn(grey(value));
    assert.ok(contrast(luminance(color), luminance(grey(value))) >= 3, String(value));
    assert.ok([ON_DARK, ON_BRIGHT].some(([red, green, blue]) => color === (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0));
  }
});

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { colorOf, installTables, limitOf, paint, short } from "../../assets/js/imaging/colormap.js";
import { first, odd, reference, second } from "./reference.js";

const MAGENTA = [255, 0, 255];
const channels = (word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255];

before(() => installTables(reference.tables));

test("every value has the colour that Python gives it", () => {
  for (const { scale, colors } of reference.colors) {
    const words = new Uint32Array(odd.length);
    paint(odd, scale, words, odd.shape[1]);
    assert.deepEqual([...words].map(channels), colors, JSON.stringify(scale));
    assert.ok(words.every((word) => word >>> 24 === 255), "a pixel is not opaque");
  }
});

test("what is not finite has no colour of the scale", () => {
  const { scale } = reference.colors.find((each) => each.scale.limit > 0);
  for (const value of [NaN, Infinity, -Infinity]) assert.deepEqual(channels(colorOf(value, scale)), MAGENTA);
});

test("a window is painted where it lies and nowhere else", () => {
  const { scale } = reference.colors.at(-1), [rows, cols] = first.shape, width = cols + 3;
  const words = new Uint32Array((rows + 2) * width);
  paint(first, scale, words, width, { top: 1, left: 2 });
  words.forEach((word, place) => {
    const row = Math.floor(place / width) - 1, col = (place % width) - 2;
    const isInside = row >= 0 && row < rows && col >= 0 && col < cols;
    assert.equal(word, isInside ? colorOf(first[row * cols + col], scale) : 0);
  });
});

test("scales reach as far as Python's", () => {
  for (const [display, limit] of Object.entries(reference.limits)) assert.equal(limitOf([odd, second], display), limit);
  assert.equal(limitOf([], "signed"), 0);
});

test("numbers are as short as in reports", () => {
  for (const [number, text] of reference.numbers) assert.equal(short(number), text);
});

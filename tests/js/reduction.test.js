import assert from "node:assert/strict";
import { test } from "node:test";

import { known, mean, stepFor, strongest } from "../../assets/js/imaging/blocks.js";
import { reference } from "./reference.js";

const bytes = (values, shape) => Object.assign(Uint8Array.from(values), { shape });

test("the mean of a block is that of its pixels, at the border of those that are left", () => {
  const found = mean(bytes([0, 2, 10, 4, 6, 20], [2, 3]), 2);
  assert.deepEqual([[...found], found.shape], [[3, 15], [1, 2]]);
});

test("where columns lie closer than rows, blocks of fewer rows than columns keep the rows apart", () => {
  const values = Object.assign(Float32Array.of(1, -3, 2, 0, 5, -6), { shape: [2, 3] });
  const found = strongest(values, { top: 4, left: 1 }, 1, 2);
  assert.deepEqual([[...found.values], found.values.shape, found.top, found.left], [[1, -3, 0, -6], [2, 2], 4, 0]);
  assert.deepEqual([...mean(bytes([0, 2, 10, 4, 6, 20], [2, 3]), 1, 2)], [1, 10, 5, 20]);
  assert.deepEqual([...mean(bytes([0, 2, 10, 4, 6, 20], [2, 3]), 2, 1)], [2, 4, 15]);
  assert.deepEqual([...known(bytes([1, 1, 0, 1, 1, 1], [2, 3]), 1, 2)], [1, 0, 1, 1]);
});

test("a block of which a pixel is missing is not known, and one without any slope has none", () => {
  assert.deepEqual([...known(bytes([1, 1, 1, 0, 1, 1, 1, 1, 1], [3, 3]), 2)], [0, 1, 1, 1]);
  const slopes = Object.assign(Float32Array.of(NaN, NaN, -2, NaN, NaN, 1), { shape: [2, 3] });
  assert.deepEqual([...strongest(slopes, { top: 0, left: 0 }, 2).values], [NaN, -2]);
});

test("a large image is reduced by as many pixels as Python reduces it", () => {
  assert.ok(reference.steps.length >= 5);
  for (const [[height, width], side, aspect, step] of reference.steps) assert.equal(stepFor({ width, height, aspect }, side), step);
});

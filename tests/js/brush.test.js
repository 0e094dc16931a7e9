import assert from "node:assert/strict";
import { test } from "node:test";

import { marked } from "../../assets/js/imaging/blocks.js";
import { caught, isInside } from "../../assets/js/viewer/brush.js";

const shaped = (values, kind = Float32Array) => Object.assign(kind.from(values), { shape: [1, values.length] });
const triangle = [{ x: 0, y: 0 }, { x: 4, y: 0 }, { x: 0, y: 4 }];

test("a lasso holds what lies inside its line, whichever way it was drawn", () => {
  for (const corners of [triangle, [...triangle].reverse()]) {
    assert.ok(isInside(corners, 1, 1));
    assert.ok(!isInside(corners, 3, 3));
    assert.ok(!isInside(corners, -1, 1));
  }
});

test("pixels are caught by both of their derivatives; what is not computed is not", () => {
  const first = shaped([1, 3, 1, NaN]), second = shaped([1, 3, 1, 1]);
  const mask = caught(triangle, { first, second, known: shaped([1, 1, 0, 1], Uint8Array) });
  assert.deepEqual([[...mask], mask.shape], [[1, 0, 0, 0], [1, 4]]);
});

test("a block is marked where any of its pixels is", () => {
  const mask = Object.assign(Uint8Array.from([0, 0, 0, 0, 1, 0]), { shape: [2, 3] });
  const found = marked(mask, 2);
  assert.deepEqual([[...found], found.shape], [[1, 0], [1, 2]]);
});

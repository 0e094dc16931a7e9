import assert from "node:assert/strict";
import { test } from "node:test";

import { note, strongest } from "../../assets/js/imaging/blocks.js";
import { range } from "../../assets/js/viewer/scatterplot.js";
import { first, reference } from "./reference.js";

test("a block shows its strongest value, as Python has it", () => {
  for (const { step, values } of reference.blocks) {
    const found = strongest(first, { top: 0, left: 0 }, step);
    assert.deepEqual(found.values.shape, first.shape.map((side) => Math.ceil(side / step)));
    assert.deepEqual([...found.values], values);
  }
});

test("blocks are those of the image, wherever the window begins", () => {
  const window = Object.assign(new Float32Array([1, -2, 3, -4]), { shape: [2, 2] });
  const found = strongest(window, { top: 3, left: 5 }, 2);
  assert.deepEqual([found.top, found.left, found.values.shape], [1, 2, [2, 2]]);
  assert.deepEqual([...found.values], [1, -2, 3, -4]);
});

test("only what is reduced is noted", () => {
  assert.equal(note(1), "");
  assert.match(note(4), /4 × 4/);
});

test("axes span what Python's do", () => {
  const near = (found, expected) => found.forEach((each, k) => assert.ok(Math.abs(each - expected[k]) < 1e-6, `${found}`));
  near(range(first), reference.axis);
  near(range(new Float32Array(4).fill(3)), reference.flat);
});

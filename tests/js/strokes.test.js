import assert from "node:assert/strict";
import { test } from "node:test";

import { pathOf, simplified, wordsOf } from "../../assets/js/pages/regions/strokes.js";

const CIRCLE = Array.from({ length: 4000 }, (_, at) => {
  const angle = (at / 4000) * 2 * Math.PI, radius = 400 + 60 * Math.sin(90 * angle);
  return [Math.round(500 + radius * Math.sin(angle)), Math.round(500 + radius * Math.cos(angle))];
});

/** How far a point lies from the nearest stretch between two corners. */
function distance([row, col], corners) {
  const each = corners.slice(1).map(([row2, col2], k) => {
    const [row1, col1] = corners[k], down = row2 - row1, right = col2 - col1;
    const part = Math.min(Math.max(((row - row1) * down + (col - col1) * right) / (down ** 2 + right ** 2 || 1), 0), 1);
    return Math.hypot(row - row1 - part * down, col - col1 - part * right);
  });
  return Math.min(...each);
}

test("strokes become the words of a region", () => {
  assert.equal(wordsOf("rect", [[1.4, 2], [9, 7.6]]), "rect:1,2,9,8");
  assert.equal(wordsOf("disk", [[10, 20], [13, 24]]), "disk:10,20,5");
  assert.equal(wordsOf("outline", [[0, 0], [0, 9], [9, 9], [9, 0]]), "outline:0,0,0,9,9,9,9,0");
});

test("a click is no region, nor is a line", () => {
  for (const tool of ["rect", "disk", "outline"]) assert.equal(wordsOf(tool, [[3, 4]]), null);
  assert.equal(wordsOf("outline", [[0, 0], [5, 5], [9, 9]]), null);
});

test("a long outline fits an address and stays near the stroke", () => {
  const corners = simplified(CIRCLE);
  assert.ok(corners.length >= 3 && corners.length <= 120, `${corners.length}`);
  const known = new Set(CIRCLE.map(String));
  assert.ok(corners.every((corner) => known.has(String(corner))), "a corner was invented");
  assert.ok(CIRCLE.every((point) => distance(point, corners) < 130));
});

test("a short outline keeps its corners and loses what lies between them", () => {
  assert.deepEqual(simplified([[0, 0], [0, 0], [0, 5], [0, 9], [9, 9]]), [[0, 0], [0, 9], [9, 9]]);
});

test("paths are closed, and a click has none", () => {
  assert.equal(pathOf("rect", [[1, 2], [3, 4]]), "M2 1H4V3H2Z");
  assert.equal(pathOf("outline", [[1, 2], [3, 4], [5, 6]]), "M2 1L4 3L6 5Z");
  assert.match(pathOf("disk", [[5, 5], [5, 8]]), /^M2 5a3 3 .*Z$/);
  assert.equal(pathOf("disk", [[5, 5]]), "");
});

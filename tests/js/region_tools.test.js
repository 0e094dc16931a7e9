import assert from "node:assert/strict";
import { test } from "node:test";

import { grownFrom, toleranceOf, wordsOf as grownWords } from "../../assets/js/pages/regions/grown.js";
import { begun, changed, redone, undone, withKept } from "../../assets/js/pages/regions/region_history.js";
import { joined, wordsOf } from "../../assets/js/pages/regions/strokes.js";

test("what was drawn is undone and done again, and a new stroke ends what could be done again", () => {
  let history = ["a", "b", "b", "c"].reduce(changed, begun());
  assert.deepEqual(history, { past: ["", "a", "b"], now: "c", future: [] });
  history = undone(undone(history));
  assert.deepEqual(history, { past: [""], now: "a", future: ["b", "c"] });
  assert.equal(redone(history).now, "b");
  assert.deepEqual(changed(history, "d"), { past: ["", "a"], now: "d", future: [] });
  assert.equal(undone(begun()).now, "");
});

test("a name is kept once", () => {
  const kept = withKept(withKept(withKept([], "rim", "disk:1,1,1"), "core", "disk:2,2,2"), "rim", "disk:3,3,3");
  assert.deepEqual(kept, [{ name: "core", words: "disk:2,2,2" }, { name: "rim", words: "disk:3,3,3" }]);
});

test("strokes replace a region, are added to it, or taken away", () => {
  assert.equal(joined("disk:1,2,3", "rect:0,0,1,1", "new"), "rect:0,0,1,1");
  assert.equal(joined("disk:1,2,3", "rect:0,0,1,1", "add"), "disk:1,2,3 + rect:0,0,1,1");
  assert.equal(joined("disk:1,2,3", "rect:0,0,1,1", "less"), "disk:1,2,3 - rect:0,0,1,1");
  assert.equal(joined("", "rect:0,0,1,1", "less"), "rect:0,0,1,1");
});

test("a brush paints with one press and along a way", () => {
  assert.equal(wordsOf("brush", [[4.2, 7.8]]), "brush:3,4,8");
  assert.equal(wordsOf("brush", [[0, 0], [0, 5], [0, 10], [6, 10]]), "brush:3,0,0,0,10,6,10");
});

test("a threshold grows over edges to what has nearly its value", () => {
  const grey = Uint8Array.from([100, 110, 200, 105, 50, 100]); // 2 rows of 3
  assert.deepEqual([...grownFrom(grey, 3, 0, 12 / 255)], [1, 1, 0, 1, 0, 0]);
  assert.equal(grownWords(2, toleranceOf(0), { row: 3, col: 4 }), "threshold:2,0.010,3,4");
  assert.equal(toleranceOf(1e6), 0.5);
});

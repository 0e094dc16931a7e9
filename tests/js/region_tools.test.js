import assert from "node:assert/strict";
import { test } from "node:test";

import { grownFrom, toleranceOf, wordsOf as grownWords } from "../../assets/js/pages/regions/grown.js";
import { answered, asked, begun, changed, redone, refused, undone, withKept } from "../../assets/js/pages/regions/region_history.js";
import { joined, wordsOf } from "../../assets/js/pages/regions/strokes.js";

test("what was drawn is undone and done again, and a new stroke ends what could be done again", () => {
  let history = ["a", "b", "b", "c"].reduce(changed, begun());
  assert.deepEqual(history, { past: ["", "a", "b"], now: "c", future: [], waiting: [] });
  history = undone(undone(history));
  assert.deepEqual(history, { past: [""], now: "a", future: ["b", "c"], waiting: [] });
  assert.equal(redone(history).now, "b");
  assert.deepEqual(changed(history, "d"), { past: ["", "a"], now: "d", future: [], waiting: [] });
  assert.equal(undone(begun()).now, "");
});

test("what is undone before the server has answered is the last stroke, and its late answer changes nothing", () => {
  let history = answered(asked(changed(begun(), "a")), "a", "");
  history = asked(undone(asked(changed(history, "b"))));
  assert.deepEqual(history, { past: [""], now: "a", future: ["b"], waiting: ["b", "a"] });
  history = answered(history, "b", "a");
  assert.deepEqual(history, { past: [""], now: "a", future: ["b"], waiting: ["a"] });
  assert.deepEqual(answered(history, "a", "b"), { past: [""], now: "a", future: ["b"], waiting: [] });
  assert.deepEqual(answered(history, "b", "b"), history, "asked about the same again, by another theme");
});

test("a region that came from elsewhere can be undone too, and one that was refused is waited for no longer", () => {
  assert.deepEqual(answered(changed(begun(), "a"), "typed", "a"), { past: ["", "a"], now: "typed", future: [], waiting: [] });
  assert.deepEqual(refused(asked(changed(begun(), "far off"))), { past: [""], now: "far off", future: [], waiting: [] });
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

import assert from "node:assert/strict";
import { test } from "node:test";
import { offered, sentence } from "../../assets/js/pages/explore/series.js";
import { pieces, sentence as valuesSentence } from "../../assets/js/pages/explore/slice_profile.js";

const told = { total: 189, done: 12, isBegun: true, isOver: false, hold: null, left: 840, note: "", failures: [] };

test("how far a series is, in words", () => {
  assert.match(sentence({ ...told, isBegun: false }, "MaskNet"), /all 189 slices through MaskNet/);
  assert.equal(sentence(told, ""), "12 of 189 slices are done, about 14 min left.");
  assert.equal(sentence({ ...told, left: null }, ""), "12 of 189 slices are done.");
  assert.equal(sentence({ ...told, hold: "paused" }, ""), "Paused: 12 of 189 slices are done.");
  assert.equal(sentence({ ...told, isOver: true, hold: "cancelled" }, ""), "Cancelled. The guidance of 12 of 189 slices is kept.");
  assert.equal(sentence({ ...told, isOver: true }, ""), "The guidance of 12 of 189 slices is there.");
  assert.equal(sentence({ ...told, isOver: true, done: 189 }, ""), "The guidance of all 189 slices is there.");
});

test("what can be done with it", () => {
  const words = (/** @type {any} */ found) => offered({ ...told, ...found }).map(([how]) => how);
  assert.deepEqual(words({ isBegun: false }), ["start"]);
  assert.deepEqual(words({}), ["pause", "cancel"]);
  assert.deepEqual(words({ hold: "paused" }), ["resume", "cancel"]);
  assert.deepEqual(words({ isOver: true }), ["start"]);
  assert.deepEqual(words({ isOver: true, done: 189 }), []);
});

test("a slice without a value leaves a gap in the curve", () => {
  assert.deepEqual(pieces([null, 1, 2, null, null, 0, null]), [[[1, 1], [2, 2]], [[5, 0]]]);
  assert.deepEqual(pieces([null]), []);
});

test("how far the values along the slices are, in words", () => {
  const values = { slices: ["1", "2", "3"], pixel: [7, 9], done: 1, failed: 0, failure: "", left: 12 };
  assert.equal(valuesSentence(values), "At row 7, column 9; 1 of 3 slices are fused, about 12 s left.");
  assert.equal(valuesSentence({ ...values, done: 3 }), "At row 7, column 9.");
  assert.equal(valuesSentence({ ...values, done: 3, failed: 1 }), "At row 7, column 9; 1 of 3 slices show nothing of one input.");
  assert.equal(valuesSentence({ ...values, failure: "It needs more memory." }), "It needs more memory.");
});

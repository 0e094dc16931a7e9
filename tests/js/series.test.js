import assert from "node:assert/strict";
import { test } from "node:test";
import { offered, sentence } from "../../assets/js/pages/explore/series.js";

const told = { total: 189, done: 12, isBegun: true, isOver: false, hold: null, left: 840, failures: [] };

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

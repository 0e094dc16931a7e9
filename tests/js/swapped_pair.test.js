import assert from "node:assert/strict";
import { test } from "node:test";

import { changedId, changesOf, plainId } from "../../assets/js/components/pair_changes.js";

test("swapped inputs and scaling by the volume are words behind an id", () => {
  const id = "study/P1 · axial/3", words = { swap: true, window1: "volume", move: [1, 0, 0] };
  assert.equal(changedId(id, words), `${id}~swap~window1=volume~move=1,0,0`);
  assert.deepEqual(changesOf(changedId(id, words)), words);
  assert.equal(plainId(`${id}~swap`), id);
  assert.equal(plainId("odd~swapped"), "odd~swapped");
  assert.equal(changedId(`${id}~swap`, { swap: false }), id);
});

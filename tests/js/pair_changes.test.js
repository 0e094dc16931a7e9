import assert from "node:assert/strict";
import { test } from "node:test";

import { changedId, changesOf, isChanged, plainId } from "../../assets/js/components/pair_changes.js";
import { turned, wrapped } from "../../assets/js/viewer/mover.js";

test("changes come back from an id, and what changes nothing leaves none", () => {
  const id = "mri_pet/25045~window2=10,200.5~move=1.5,-2,0.5";
  assert.equal(plainId(id), "mri_pet/25045");
  assert.deepEqual(changesOf(id), { window2: [10, 200.5], move: [1.5, -2, 0.5] });
  assert.equal(changedId("mri_pet/25045", changesOf(id)), id);
  assert.equal(changedId(id, { move: [0, 0.0004, -0.0004] }), "mri_pet/25045");
  assert.equal(changedId(id, { move: [0.12345, 0, 0] }), "mri_pet/25045~move=0.123,0,0");
  assert.deepEqual([isChanged(id), isChanged("odd~name/7")], [true, false]);
});

test("a turn on the screen is clockwise, and no angle is more than half a turn", () => {
  assert.equal(turned({ row: 5, col: 5 }, { row: 5, col: 9 }, { row: 9, col: 5 }), 90);
  assert.equal(turned({ row: 5, col: 5 }, { row: 6, col: 1 }, { row: 4, col: 1 }) < 90, true);
  assert.equal(turned({ row: 5, col: 5 }, { row: 5, col: 9 }, { row: 6, col: 7 }, 2), 45); // 2 mm down, 2 mm right
  assert.deepEqual([wrapped(270), wrapped(-190), wrapped(30)], [-90, 170, 30]);
});

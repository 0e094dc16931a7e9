import assert from "node:assert/strict";
import { test } from "node:test";

import { anyOf, means } from "../../assets/js/imaging/reduced_painting.js";

test("the mean of a block is that of its pixels, at the border of those that are left", () => {
  const bytes = Object.assign(Uint8Array.from([0, 2, 10, 4, 6, 20]), { shape: [2, 3] });
  const found = means(bytes, 3, 2);
  assert.deepEqual([[...found], found.shape], [[3, 15], [1, 2]]);
});

test("a block is known where any pixel of it is", () => {
  const known = Object.assign(Uint8Array.from([0, 0, 0, 0, 1, 0]), { shape: [2, 3] });
  assert.deepEqual([...anyOf(known, 3, 2)], [1, 0]);
});

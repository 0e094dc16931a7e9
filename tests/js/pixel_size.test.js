import assert from "node:assert/strict";
import { test } from "node:test";

import { grainWords } from "../../assets/js/viewer/pixel_size.js";

test("pixels that are no squares are told in both directions", () => {
  assert.equal(grainWords({ spacing: 0.48828125, row_spacing: 5 }), "a pixel is 0.4883 mm wide, 5 mm high");
});

test("square pixels, and those of unknown size, need no word about their height", () => {
  assert.equal(grainWords({ spacing: null, row_spacing: null }), "");
  for (const row_spacing of [undefined, null, 1, 1.005]) assert.equal(grainWords({ spacing: 1, row_spacing }), "1 mm a pixel");
});

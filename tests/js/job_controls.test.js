/* How far a long computation is, in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sentence } from "../../assets/js/viewer/job_controls.js";

const about = (part, left = null, hold = null) => ({ part, left, hold });

test("what is not finished is never said to be at 100 %", () => {
  assert.equal(sentence(about(1)), "Guidance is sharpening: 99 %");
  assert.equal(sentence(about(0.999, null, "paused")), "Guidance is paused at 99 %");
});

test("what another process computes is said to come, without a part or a time", () => {
  assert.match(sentence({ ...about(0.5, 40), isElsewhere: true }), /^Guidance is computed by another process/);
  assert.equal(sentence({ ...about(0.5, 40), isElsewhere: true }, true), "elsewhere");
  assert.equal(sentence({ ...about(0.5, 40, "paused"), isElsewhere: true }, true), "paused 50 %");
});

test("where there is little room the time left takes fewer words", () => {
  assert.equal(sentence(about(0.625, 660)), "Guidance is sharpening: 62 %, about 11 min left");
  assert.equal(sentence(about(0.625, 660), true), "62 %, 11 min left");
  assert.equal(sentence(about(0.625, 2), true), "62 %");
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { LEAST, blockOf, cellsFor, note } from "../../assets/js/pages/compare/box_layout.js";

const plain = {
  room: { width: 1424, height: 700 }, networks: 4, each: 1, rows: 2, below: 0,
  picture: { width: 256, height: 256 }, ratio: 1, isWhole: false,
};
const cells = (changes) => cellsFor({ ...plain, ...changes });

test("four networks, two rows and the inputs stand at 1:1 or more on 1440 × 900 without scrolling", () => {
  const found = cells({});
  assert.ok(found.width >= 256 && found.height >= 256 && found.scale >= 1, JSON.stringify(found));
  assert.ok(found.isStacked && !found.isScrolled);
});

test("fewer networks or fewer rows make larger pictures", () => {
  const sizes = [7, 4, 2].map((networks) => cells({ networks, isWhole: true }).width);
  assert.deepEqual([...sizes].sort((one, other) => one - other), sizes);
  assert.ok(cells({ networks: 2, rows: 1 }).width > cells({ networks: 2, rows: 4 }).width);
});

test("what does not fit at 1:1 is scrolled at 1:1, or shown all at once and smaller", () => {
  const scrolled = cells({ networks: 7, rows: 3 });
  assert.deepEqual([scrolled.width, scrolled.scale, scrolled.isScrolled], [256, 1, true]);
  const whole = cells({ networks: 7, rows: 3, isWhole: true });
  assert.ok(whole.width < 256 && whole.width >= LEAST);
});

test("an image larger than the screen is shown smaller, and that is said", () => {
  const found = cells({ picture: { width: 1024, height: 768 } });
  assert.ok(found.scale < 1 && found.scale > 0.2);
  assert.equal(found.height, Math.ceil(found.width * 0.75));
  assert.match(note(found.scale), /strongest/);
  assert.equal(note(1), "");
  assert.match(note(0.4, 3), /each 1 × 3 pixels/);
  assert.match(note(0.4, 0.2), /each 3 × 1 pixels/);
});

test("a picture's pixel is the screen's, whatever the browser's zoom", () => {
  const found = cells({ room: { width: 940, height: 420 }, ratio: 1.5, rows: 4 });
  assert.ok(found.scale >= 1 && found.width < 256);
});

test("blocks hold every pixel", () => {
  assert.deepEqual([1, 0.999, 0.7, 0.5, 0.34].map(blockOf), [1, 1, 2, 2, 3]);
});

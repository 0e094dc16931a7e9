import assert from "node:assert/strict";
import { test } from "node:test";

import { stepOf } from "../../assets/js/viewer/keys.js";
import { pixelAt } from "../../assets/js/viewer/panel_canvases.js";
import { inside, isSame, nearest, placeOf, steps } from "../../assets/js/viewer/pixels.js";
import { eachInWindow, stacked } from "../../assets/js/viewer/scatterplot.js";
import { first, reference } from "./reference.js";

const SIZE = { width: 5, height: 7 };
const pixels = Array.from({ length: 35 }, (_, place) => ({ row: Math.floor(place / 5), col: place % 5 }));

/** An element of the page that fills a frame of the screen. */
const framed = (left, top, width, height) => ({ getBoundingClientRect: () => ({ left, top, width, height }) });

test("the pixel under a point of a panel is the one that is drawn there", () => {
  const panel = { isZoom: false, plot: framed(10, 20, 300, 140) }; // 20 screen pixels each, 100 free on either side
  for (const { row, col } of pixels) {
    for (const part of [0.01, 0.5, 0.99]) {
      const found = pixelAt(panel, SIZE, 110 + 20 * (col + part), 20 + 20 * (row + part));
      assert.deepEqual(found, { row, col });
    }
  }
  for (const [x, y] of [[109, 30], [211, 30], [150, 19], [150, 161]]) assert.equal(pixelAt(panel, SIZE, x, y), null);
});

test("a zoom is centred on the pixel and shows nothing beside the image", () => {
  const panel = { isZoom: true, plot: framed(0, 0, 90, 90) }, state = { ...SIZE, window: 3, pixel: { row: 0, col: 2 } };
  assert.deepEqual(pixelAt(panel, state, 45, 45), { row: 0, col: 2 });
  assert.deepEqual(pixelAt(panel, state, 89, 89), { row: 1, col: 3 });
  assert.equal(pixelAt(panel, state, 45, 10), null);
});

test("an element that an image fills: pixel edges, and the nearest pixel", () => {
  const element = framed(100, 200, 50, 70);
  const place = placeOf({ clientX: 125, clientY: 200 }, element, SIZE);
  assert.deepEqual(place, { row: 0, col: 2.5 });
  assert.deepEqual(nearest(place, SIZE), { row: 0, col: 2 });
  assert.deepEqual(nearest({ row: -3, col: 99 }, SIZE), { row: 0, col: 4 });
});

test("windows hold the pixels that Python's hold", () => {
  for (const { pixel: [row, col], side, places } of reference.windows) {
    const found = [];
    const state = { ...SIZE, window: side, pixel: { row, col } };
    eachInWindow(state, { first, second: first, top: 0, left: 0, cols: SIZE.width }, (place) => found.push(place));
    assert.deepEqual(found, places);
  }
});

test("steps stay inside the image", () => {
  assert.deepEqual(steps({ row: 5, col: 1 }, 1, -1, SIZE), [{ row: 6, col: 0 }, { row: 6, col: 0 }, { row: 6, col: 0 }]);
  assert.deepEqual(steps({ row: 0, col: 0 }, 0, 1, SIZE).map(({ col }) => col), [1, 2, 3]);
});

test("a pixel outside gives way to the middle", () => {
  assert.deepEqual(inside({ row: 6, col: 4 }, SIZE), { row: 6, col: 4 });
  for (const other of [null, {}, { row: 7, col: 0 }, { row: 0, col: 5 }, { row: 1.5, col: 0 }]) {
    assert.deepEqual(inside(other, SIZE), { row: 3, col: 2 });
  }
  assert.equal(isSame({ row: 1, col: 2 }, { row: 1, col: 2 }), true);
  assert.equal(isSame({ row: 1, col: 2 }, null), false);
});

test("arrow keys step by one, with Shift by ten", () => {
  assert.deepEqual(stepOf({ key: "ArrowUp", shiftKey: false }), [-1, 0]);
  assert.deepEqual(stepOf({ key: "ArrowRight", shiftKey: true }), [0, 10]);
  assert.equal(stepOf({ key: "a", shiftKey: false }), null);
});

test("dots of a scatterplot are counted where they lie, those outside and of unknown values nowhere", () => {
  const along = (value) => 10 * value, from = { first: [0.1, 0.14, 0.3, 0.2, 0.9], second: [0, 0.04, 0.1, 0, 0.9] };
  const counts = (side, known = null) => Array.from(stacked({ ...from, known }, along, along, [2, 4], side));
  assert.deepEqual(counts(1), [0, 2, 1, 0, 0, 0, 0, 1]);
  assert.deepEqual(counts(1, [1, 0, 1, 1, 1]), [0, 1, 1, 0, 0, 0, 0, 1]);
  assert.deepEqual(counts(2), [0, 2, 3, 1, 0, 2, 3, 2]);
});

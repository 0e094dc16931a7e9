import assert from "node:assert/strict";
import { test } from "node:test";

import { ZOOM_SIZES } from "../../assets/js/viewer/hands.js";
import { pixelAt } from "../../assets/js/viewer/panel_canvases.js";
import { WHOLE, clamped, drawnSize, panned, placeAt, placing, pointAt, read, revealing, windowPlacing, wordsOf, zoomed } from "../../assets/js/viewer/view_transform.js";
import { reference } from "./reference.js";

const near = (found, expected) => assert.ok(Math.abs(found - expected) < 1e-6, `${found}, not ${expected}`);

/** A panel that fills a frame of the screen. */
const panel = ({ width, height }) => ({ isZoom: false, plot: { getBoundingClientRect: () => ({ left: 0, top: 0, width, height }) } });

for (const { height, width, aspect, frame: [across, down], steps } of reference.views.gestures) {
  test(`zooms and pans of ${height} × ${width} pixels, 1 by ${aspect}, put every pixel where Python's matrices do`, () => {
    const size = { width, height, aspect }, frame = { width: across, height: down };
    let view = WHOLE;
    for (const { kind, x, y, factor, points } of steps) {
      view = kind === "zoom" ? zoomed(view, size, frame, x, y, factor) : panned(view, size, frame, x, y);
      for (const point of points) {
        const place = placeAt(placing(view, size, frame), point.x, point.y);
        near(place.row, point.row);
        near(place.col, point.col);
        const found = pixelAt(panel(frame), { ...size, ...view }, point.x, point.y);
        assert.deepEqual(found, { row: Math.floor(point.row), col: Math.floor(point.col) });
      }
    }
  });
}

const SIZE = { width: 60, height: 40 }, FRAME = { width: 120, height: 120 };

test("the whole image stays whole, and no view shows more ground than it has to", () => {
  assert.equal(zoomed(WHOLE, SIZE, FRAME, 3, 5, 0.5), WHOLE);
  assert.equal(panned(WHOLE, SIZE, FRAME, 30, 30), WHOLE);
  const corner = zoomed(WHOLE, SIZE, FRAME, 0, 20, 4), place = placing(corner, SIZE, FRAME);
  near(place.x, 0);
  near(place.y, 0);
  const beyond = panned(corner, SIZE, FRAME, 1e6, -1e6), at = placing(beyond, SIZE, FRAME);
  near(at.x, 0);
  near(at.y + SIZE.height * at.scale, FRAME.height);
  assert.equal(zoomed(WHOLE, SIZE, FRAME, 60, 60, 1e9).magnification, 5); // 8 of 40 pixels
  assert.deepEqual(clamped({ magnification: 1.2, centre: { row: 0, col: 30 } }, SIZE, FRAME).centre.row, 20);
});

test("frames of other sizes show the same part of the image", () => {
  const view = zoomed(WHOLE, SIZE, FRAME, 70, 55, 3);
  const small = placing(view, SIZE, FRAME), large = placing(view, SIZE, { width: 360, height: 360 });
  for (const part of [0, 0.3, 1]) {
    assert.deepEqual(placeAt(small, 120 * part, 60).col.toFixed(9), placeAt(large, 360 * part, 180).col.toFixed(9));
  }
});

test("a pixel out of sight is brought to the border of the view, one in sight moves nothing", () => {
  const view = zoomed(WHOLE, SIZE, FRAME, 60, 60, 4); // 15 × 15 pixels around (20, 30)
  assert.equal(revealing(view, SIZE, FRAME, { row: 20, col: 36 }), view);
  assert.deepEqual(revealing(view, SIZE, FRAME, { row: 20, col: 39 }).centre, { row: 20, col: 32.5 });
  assert.deepEqual(revealing(view, SIZE, FRAME, { row: 3, col: 30 }).centre, { row: 10.5, col: 30 });
});

test("a zoom's window is centred on its pixel", () => {
  const at = windowPlacing({ row: 5, col: 7 }, 11, SIZE, { width: 110, height: 130 });
  assert.deepEqual(placeAt(at, 55, 65), { row: 5.5, col: 7.5 });
  assert.deepEqual(placeAt(at, 0, 65).col, 2);
});

/** 128 × 40 pixels of 1 mm × 3 mm: as high as wide within a sixteenth. */
const COARSE = { width: 128, height: 40, aspect: 3 }, SQUARE = { width: 256, height: 256 };

test("pixels that are higher than wide are drawn so, at fit, zoomed and in a zoom's window", () => {
  const whole = placing(WHOLE, COARSE, SQUARE);
  assert.deepEqual(whole, { scale: 2, aspect: 3, x: 0, y: 8 }); // 240 of 256 high
  assert.deepEqual(pointAt(whole, { row: 40, col: 128 }), { x: 256, y: 248 });
  const view = zoomed(WHOLE, COARSE, SQUARE, 100, 90, 2), at = placing(view, COARSE, SQUARE);
  const stays = placeAt(whole, 100, 90), found = placeAt(at, 100, 90);
  near(found.row, stays.row);
  near(found.col, stays.col);
  near(pointAt(at, { row: 11, col: 0 }).y - pointAt(at, { row: 10, col: 0 }).y, 12);
  near(pointAt(at, { row: 0, col: 11 }).x - pointAt(at, { row: 0, col: 10 }).x, 4);
  const moved = placing(panned(view, COARSE, SQUARE, 5, -7), COARSE, SQUARE);
  near(moved.x - at.x, 5);
  near(moved.y - at.y, -7);
  assert.deepEqual(revealing({ magnification: 4, centre: { row: 20, col: 64 } }, COARSE, SQUARE, { row: 29, col: 64 }).centre, { row: 30 - 16 / 3, col: 64 });
  const zoom = windowPlacing({ row: 5, col: 7 }, 10, COARSE, { width: 90, height: 60 });
  assert.deepEqual([zoom.scale, zoom.aspect], [2, 3]); // 10 × 10 pixels are 20 wide and 60 high
  assert.deepEqual(placeAt(zoom, 45, 30), { row: 5.5, col: 7.5 });
  assert.deepEqual(windowPlacing({ row: 5, col: 7 }, 61, COARSE, SQUARE), whole); // 61 rows would be smaller
});

test("at 1:1 the closer-lying of rows and columns have a pixel of the screen each", () => {
  assert.deepEqual(drawnSize(COARSE), { width: 128, height: 120 });
  assert.deepEqual(drawnSize({ width: 40, height: 128, aspect: 0.25 }), { width: 160, height: 128 });
  assert.deepEqual(drawnSize(SIZE), SIZE);
  assert.equal(zoomed(WHOLE, COARSE, SQUARE, 9, 9, 1e9).magnification, 15); // 8 of 120
});

test("a view comes back from the address; what is no view is the whole image", () => {
  const view = { magnification: 2.5, centre: { row: 12.25, col: 40.5 } };
  assert.deepEqual(read(new URLSearchParams(wordsOf(view))), view);
  assert.deepEqual(wordsOf(WHOLE), {});
  for (const text of ["", "magnification=2", "magnification=x&centre=1,2", "magnification=2&centre=1", "magnification=2&centre=-1,2", "magnification=1&centre=1,2", "magnification=2&centre=1,2,3", "magnification=1e999&centre=1,2"]) {
    assert.equal(read(new URLSearchParams(text)), WHOLE, text);
  }
});

test("the sizes of zooms are those that are offered", () => assert.deepEqual(ZOOM_SIZES, reference.views.sizes));

import assert from "node:assert/strict";
import { test } from "node:test";

import * as blocks from "../../assets/js/imaging/blocks.js";
import { installTables } from "../../assets/js/imaging/colormap.js";
import { FULL, PALETTE_NAMES, PRESETS, addressOf, changed, noteOf, read, windowOf, wordsOf } from "../../assets/js/imaging/levels.js";
import { blockOf, blockSide } from "../../assets/js/imaging/pictures.js";
import { niceLength, zoomWords } from "../../assets/js/viewer/panel_notes.js";
import { rawText, valuesText } from "../../assets/js/viewer/raw_values.js";
import { first, reference } from "./reference.js";

installTables(reference.tables);

const rgb = (word) => [word & 255, (word >> 8) & 255, (word >> 16) & 255];

test("windows and palettes give every level the colour that Python gives it", () => {
  assert.ok(reference.levels.length >= 4 * 5);
  for (const { colors, ...levels } of reference.levels) assert.deepEqual([...wordsOf(levels)].map(rgb), colors, JSON.stringify(levels));
});

test("a drag widens a window and moves its level, and no window is empty", () => {
  const { low, high } = changed(FULL, -0.5, 0.1);
  assert.ok(Math.abs(low - 0.35) < 1e-12 && Math.abs(high - 0.85) < 1e-12);
  const least = changed(FULL, -9, 0);
  assert.ok(least.high - least.low > 1 / 256);
  assert.deepEqual(changed({ ...FULL, palette: "hot-iron" }, 0, 0), { ...FULL, palette: "hot-iron" });
});

test("presets are of the scaled range, but of the unit where the file has it", () => {
  assert.deepEqual(PRESETS.map(({ name }) => name), ["Full range", "MRI", "PET inverse grey", "Hot Iron", "PET 20 step", "Bone", "Brain"]);
  const brain = PRESETS.find(({ name }) => name === "Brain");
  assert.deepEqual(windowOf(brain, { low: 0, high: 255, unit: "grey level" }), { low: 0.15, high: 0.55, palette: "grey" });
  assert.deepEqual(windowOf(brain, { low: -1000, high: 1000, unit: "HU" }), { low: 0.5, high: 0.54, palette: "grey" });
  for (const { palette } of PRESETS) assert.ok(palette in PALETTE_NAMES);
});

test("windows come back from the address; what is none is the full range", () => {
  const levels = { second: { low: 0.1, high: 0.625, palette: "inverse" }, fused: { low: -0.2, high: 0.4, palette: "grey" } };
  assert.deepEqual(read(new URLSearchParams(addressOf(levels))), levels);
  assert.deepEqual(addressOf({}), {});
  for (const text of ["first:0:1", "third:0:1:grey", "first:1:0:grey", "first:a:b:grey", "first:0:1:toString", "first:0:99:grey"]) {
    assert.deepEqual(read(new URLSearchParams({ levels: text })), {}, text);
  }
});

test("a window is told in the file's units where there are some", () => {
  assert.equal(noteOf({ low: 0.25, high: 0.75, palette: "grey" }), "W 0.5 L 0.5 · display only");
  assert.equal(noteOf({ low: 0, high: 0.5, palette: "hot-iron" }, { low: -1000, high: 1000, unit: "HU" }), "W 1000 L −500 · Hot Iron · display only");
});

test("values as in the file stand beside the scaled ones", () => {
  assert.equal(rawText(105, "grey level"), "105");
  assert.equal(rawText(-12.5, "HU"), "−12.5 HU");
  assert.equal(rawText(null, "HU"), "—");
  const part = { x1: 0.41176, x2: 0.5, raw1: 105, raw2: null };
  assert.equal(valuesText(["MRI", "PET"], part, [{ unit: "grey level" }, null]), "MRI 0.412 (105) · PET 0.500");
});

test("blocks: means of grey levels, and known where all of a block is", () => {
  for (const { step, grey, means, known, every } of reference.blocks) {
    const shaped = (values) => Object.assign(Uint8Array.from(values), { shape: first.shape });
    assert.deepEqual([...blocks.mean(shaped(grey), step)], means);
    assert.deepEqual([...blocks.known(shaped(known), step)].map(Boolean), every);
  }
});

test("below 1:1 several pixels share one of the screen", () => {
  assert.deepEqual([2, 1, 0.99, 0.5, 0.34, 0.25].map((scale) => blockSide({}, scale)), [1, 1, 2, 2, 3, 4]);
  assert.equal(blockSide({ step: 4 }, 0.25), 1);
  assert.deepEqual(blockOf({}, { scale: 0.4, aspect: 3 }), { down: 1, across: 3 });
  assert.deepEqual(blockOf({}, { scale: 2, aspect: 0.2 }), { down: 3, across: 1 });
  const each = { down: 1, across: 1 };
  assert.equal(zoomWords(1, each, true), "");
  assert.equal(zoomWords(2.5, each, false), "× 2.5");
  assert.equal(zoomWords(1, { down: 2, across: 2 }, true), "smoothed");
  assert.equal(zoomWords(1.25, { down: 3, across: 3 }, false), "× 1.3 · strongest of 3 × 3");
  assert.equal(zoomWords(1, { down: 1, across: 2 }, false), "strongest of 1 × 2");
});

test("scale bars are as long as those of reports", () => {
  for (const { grain, spacing, most, length, words } of reference.bars) {
    const [found, name] = niceLength(grain, spacing, most);
    assert.ok(Math.abs(found - length) < 1e-9 * length);
    assert.equal(name, words);
  }
});

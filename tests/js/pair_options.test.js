import assert from "node:assert/strict";
import { test } from "node:test";

import { holds, offered, typedQuery } from "../../assets/js/cases/pair_options.js";

const entry = (collection, of, slice = "", isVolume = false) => ({
  id: `${collection}/${of}${slice}`, collection, case: of, slice, path: [collection, of, slice].filter(Boolean).join(" / "), isGenerated: false, isVolume,
});
const SERIES = Array.from({ length: 3000 }, (_, at) => entry("series", "P1", String(at + 1).padStart(4, "0")));
const ENTRIES = [entry("mri_pet", "20", "001"), entry("mri_pet", "20", "002"), ...SERIES, entry("ir_vis", "7"), entry("v", "A", "1", true), entry("v", "A", "2", true), entry("v", "A", "3", true)];
const PLACES = new Map(ENTRIES.map(({ id }, at) => [id, at]));
const options = (data) => data.flatMap(({ items }) => items);
const values = (data) => options(data).map(({ value }) => value);

test("a choice of thousands of slices has cases, and slices about the one that is shown", () => {
  const data = offered(ENTRIES, PLACES, "series/P11500", "");
  assert.deepEqual(data.map(({ group }) => group), ["mri_pet", "series", "ir_vis", "v"]);
  assert.deepEqual(data[0].items.map(({ value, label }) => [value, label]), [["mri_pet/20001", "mri_pet / 20 · 2 slices"]]);
  assert.equal(data[1].items.length, 150);
  assert.ok(values(data).includes("series/P11500"));
  assert.deepEqual(data[2].items.map(({ label }) => label), ["ir_vis / 7"]);
  assert.deepEqual(data[3].items.map(({ value }) => value), ["v/A2"], "a volume opens in its middle");
});

test("thousands of cases are bounded, too", () => {
  const many = Array.from({ length: 3000 }, (_, at) => entry("flat", `frame${at}`)), places = new Map(many.map(({ id }, at) => [id, at]));
  for (const shown of ["flat/frame0", "flat/frame1500", "flat/frame2999"]) {
    const found = values(offered(many, places, shown, ""));
    assert.equal(found.length, 150);
    assert.ok(found.includes(shown));
  }
});

test("a search finds slices by number, and keeps the pair that is shown", () => {
  assert.deepEqual(values(offered(ENTRIES, PLACES, "mri_pet/20001", "0123")), ["mri_pet/20001", "series/P10123"]);
  assert.deepEqual(values(offered(ENTRIES, PLACES, "mri_pet/20001", "mri_pet/20002")), ["mri_pet/20001", "mri_pet/20002"]);
  assert.ok(values(offered(ENTRIES, PLACES, "mri_pet/20001", "series")).length <= 151);
});

test("a changed pair is offered beside its own, and no other changed one", () => {
  const pair = "v/A2~move=1,0,0", data = offered(ENTRIES, PLACES, pair, "");
  assert.deepEqual(data[3].items.map(({ label }) => label), ["v / A / 1", "v / A / 2", "v / A / 2 · changed", "v / A / 3"]);
  assert.ok(holds(data, ENTRIES, PLACES, pair));
  assert.ok(!holds(data, ENTRIES, PLACES, "v/A2"));
  assert.ok(!holds(data, ENTRIES, PLACES, "v/A1~move=1,0,0"));
});

test("a choice is made anew for a pair that it has not by its name", () => {
  const data = offered(ENTRIES, PLACES, "series/P11500", "");
  assert.ok(holds(data, ENTRIES, PLACES, "series/P11501"));
  assert.ok(!holds(data, ENTRIES, PLACES, "series/P10001"));
  assert.ok(!holds(data, ENTRIES, PLACES, "mri_pet/20001"), "there it is a case");
  assert.ok(!holds([{ group: "ir_vis", items: [{ value: "ir_vis/7", label: "ir_vis / 7" }] }], ENTRIES, PLACES, "ir_vis/7"), "the page comes with one");
});

test("a choice that says the name of its pair is not searched", () => {
  const data = offered(ENTRIES, PLACES, "ir_vis/7", "");
  assert.deepEqual(["ir_vis / 7", "", "01"].map((text) => typedQuery(data, "ir_vis/7", text)), ["", "", "01"]);
});

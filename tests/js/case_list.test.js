import assert from "node:assert/strict";
import { test } from "node:test";

import { caseAfter, caseAt, endOf, isFound, searched, shortName, sliceAfter } from "../../assets/js/cases/case_list.js";

const entry = (collection, of, slice = "") => ({
  id: `${collection}/${of}${slice}`, collection, case: of, slice, path: [collection, of, slice].filter(Boolean).join(" / "), isGenerated: false,
});
const ENTRIES = [
  entry("mri_pet", "20", "001"), entry("mri_pet", "20", "002"), entry("mri_pet", "21", "001"), entry("mri_pet", "21", "002"),
  entry("mri_spect", "20", "001"), entry("ir_vis", "7"), entry("ir_vis", "20"), entry("ir_vis", "31"),
];

test("slices of a case stand together, whatever other collections call theirs", () => {
  assert.deepEqual(caseAt(ENTRIES, 1), [0, 1]);
  assert.deepEqual(caseAt(ENTRIES, 4), [4, 4]);
});

test("a long name below a thumbnail is told by its end", () => {
  assert.equal(shortName("volA_0123"), "volA_0123");
  assert.equal(shortName("patient_scan_0123"), "…ent_scan_0123");
  assert.notEqual(shortName("patient_scan_0123"), shortName("patient_scan_0124"));
});

test("a step stays in a case of several slices, and goes on from a single picture", () => {
  assert.equal(sliceAfter(ENTRIES, 0, 1), 1);
  assert.equal(sliceAfter(ENTRIES, 1, 1), 1);
  assert.equal(sliceAfter(ENTRIES, 2, -1), 2);
  assert.equal(sliceAfter(ENTRIES, 5, 1), 6);
  assert.equal(sliceAfter(ENTRIES, 7, 1), 7);
});

test("the next case begins at its first slice, in either direction", () => {
  assert.equal(caseAfter(ENTRIES, 1, 1), 2);
  assert.equal(caseAfter(ENTRIES, 3, -1), 0);
  assert.equal(caseAfter(ENTRIES, 0, -1), 0);
  assert.equal(caseAfter(ENTRIES, 3, 1), 4);
});

test("home and end are those of the case, or of the collection of single pictures", () => {
  assert.deepEqual([endOf(ENTRIES, 2, 1), endOf(ENTRIES, 3, -1)], [3, 2]);
  assert.deepEqual([endOf(ENTRIES, 6, 1), endOf(ENTRIES, 6, -1)], [7, 5]);
});

test("a search goes over collection, case and slice, and over the file's own name", () => {
  const found = (query) => ENTRIES.filter((each) => isFound(searched(each), query)).map(({ id }) => id);
  assert.deepEqual(found("mri_pet/21"), ["mri_pet/21001", "mri_pet/21002"]);
  assert.deepEqual(found("MRI_SPECT / 20"), ["mri_spect/20001"]);
  assert.deepEqual(found("20002"), ["mri_pet/20002"]);
  assert.deepEqual(found("ir_vis 31"), ["ir_vis/31"]);
  assert.deepEqual(found("nowhere"), []);
  assert.equal(found("").length, ENTRIES.length);
});

test("another case of a volume is entered in its middle", () => {
  const volume = (number) => ({ ...entry("head", "P1 · axial", String(number)), isVolume: true });
  const listed = [entry("head", "20", "001"), ...[1, 2, 3, 4, 5].map(volume), entry("head", "30", "001")];
  assert.equal(caseAfter(listed, 0, 1), 3);
  assert.equal(caseAfter(listed, 6, -1), 3);
  assert.equal(caseAfter(listed, 2, 1), 6);
});

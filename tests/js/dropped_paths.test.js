import assert from "node:assert/strict";
import { test } from "node:test";

import { chosenFiles, droppedFiles, refusal, told } from "../../assets/js/cases/dropped_paths.js";

const LIMITS = { files: 3, size: 2 ** 20, lasts: 3600 };
const file = (name, size = 1) => ({ name, size });
const entry = (name, of) => (Array.isArray(of)
  ? { name, isFile: false, createReader: () => { const parts = [of.slice(0, 2), of.slice(2), []]; return { readEntries: (done) => done(parts.shift()) }; } }
  : { name, isFile: true, file: (done) => done(of) });
const dropped = (...entries) => ({ items: entries.map((each) => ({ kind: "file", webkitGetAsEntry: () => each })), files: [] });
const paths = (found) => found.map(({ path }) => path);

test("a dropped folder is read to its depth, in as many parts as the browser gives it", async () => {
  const folder = entry("mine", [entry("mri", [entry("1.png", file("1.png")), entry("2.png", file("2.png")), entry(".DS_Store", file("x"))]), entry("pet", []), entry("note.txt", file("n"))]);
  assert.deepEqual(paths(await droppedFiles(dropped(folder, entry("a.nii", file("a.nii"))), 9)), ["mine/mri/1.png", "mine/mri/2.png", "mine/note.txt", "a.nii"]);
});

test("no more is read than is needed to refuse it", async () => {
  const folder = entry("mine", Array.from({ length: 99 }, (_, at) => entry(`${at}.png`, file(`${at}.png`))));
  const found = await droppedFiles(dropped(folder), LIMITS.files);
  assert.equal(found.length, LIMITS.files + 1);
  assert.match(refusal(found, LIMITS), /^More than 3 files/);
});

test("chosen files have their place in the chosen folder", () => {
  const chosen = [{ name: "1.png", webkitRelativePath: "mine/mri/1.png" }, { name: "b.png", webkitRelativePath: "" }, { name: "._b.png", webkitRelativePath: "" }];
  assert.deepEqual(paths(chosenFiles(chosen)), ["mine/mri/1.png", "b.png"]);
});

test("what is over a limit is refused in the browser already", () => {
  assert.equal(refusal([{ file: file("a", 2 ** 20) }], LIMITS), "");
  assert.match(refusal([{ file: file("a", 3 * 2 ** 20) }], LIMITS), /^The files have 3 MB, more than 1; drop fewer/);
  assert.match(refusal([], LIMITS), /^Nothing that can be read/);
  assert.equal(told({ ...LIMITS, files: 4000 }), "at most 4,000 files, 1 MB");
});

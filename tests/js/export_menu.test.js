import assert from "node:assert/strict";
import { test } from "node:test";

import { allowed } from "../../assets/js/data/guidance_requests.js";
import { addressOf } from "../../assets/js/report/export_menu.js";

test("a file is asked for with the error that the page allows guidance", () => {
  Object.defineProperty(globalThis, "location", { value: { search: "?pair=a&network=N&row=3" }, configurable: true });
  allowed.percent = 3;
  const words = new URLSearchParams(addressOf("panel-c", "csv", "300", [], true).split("?")[1]);
  assert.deepEqual(["pair", "networks", "panel", "percent"].map((name) => words.get(name)), ["a", "N", "c", "3"]);
});

test("names of a patient are asked for only where a format can hold them", () => {
  Object.defineProperty(globalThis, "location", { value: { search: "?pair=a&network=N" }, configurable: true });
  /** @type {(format: string, keeps?: boolean) => string | null} */
  const asked = (format, keeps) => new URLSearchParams(
    addressOf("panel-c", format, "300", [], true, keeps).split("?")[1],
  ).get("identifiers");
  assert.deepEqual(["capture", "map", "nifti", "png"].map((format) => asked(format, true)), ["1", "1", null, null]);
  assert.equal(asked("capture"), null);
});

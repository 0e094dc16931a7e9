import assert from "node:assert/strict";
import { test } from "node:test";

import { attach } from "../../assets/js/data/farewell.js";

test("a page that goes leaves what it asked for, and one that asked for nothing says nothing", () => {
  const said = [], window = new EventTarget(), pages = [{ dataset: { watcher: "7-3" } }, null];
  const found = { window, document: { querySelector: () => pages.shift() }, navigator: { sendBeacon: (url) => said.push(url) } };
  for (const [name, value] of Object.entries(found)) Object.defineProperty(globalThis, name, { value, configurable: true });
  attach();
  attach();
  window.dispatchEvent(new Event("pagehide"));
  window.dispatchEvent(new Event("pagehide"));
  assert.deepEqual(said, ["explore/leave?page=7-3"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { isOpening } from "../../assets/js/data/lost_opening.js";
import { SILENT, answerTo } from "../../assets/js/data/server_answers.js";

const answering = (how) => Object.defineProperty(globalThis, "fetch", { value: how, configurable: true });

test("a server that is gone is told in a sentence of ours", async () => {
  answering(async () => { throw new TypeError("Failed to fetch"); });
  await assert.rejects(answerTo("explore/images"), { message: SILENT });
});

test("what was given up stays that, and an answer is the answer", async () => {
  answering(async () => { throw new DOMException("given up", "AbortError"); });
  await assert.rejects(answerTo("explore/images"), { name: "AbortError" });
  answering(async () => "answer");
  assert.equal(await answerTo("explore/images"), "answer");
});

test("only what a page opens with makes it wait for the server", () => {
  const body = (output, ...changedPropIds) => JSON.stringify({ output, changedPropIds });
  for (const each of [body("..ask-view.data...a.b..", "ask-pair.value"), body("..pair.value..", "address.search"), body("page.children", "path.pathname")]) {
    assert.equal(isOpening(each), true);
  }
  for (const each of [body("..readout.data...spoken.children..", "commit.data"), "no JSON", undefined, "{}"]) assert.equal(isOpening(each), false);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { message, reference } from "./reference.js";

test("the browser unpacks what the server packs", () => {
  const { message: packed, about, arrays } = reference.wire;
  const found = message(packed);
  assert.deepEqual(found.about, about);
  assert.deepEqual(Object.keys(found.arrays), Object.keys(arrays));
  for (const [name, { shape, values }] of Object.entries(arrays)) {
    assert.deepEqual(found.arrays[name].shape, shape);
    assert.deepEqual([...found.arrays[name]], values);
  }
  assert.ok(found.arrays.ends instanceof Float32Array);
  assert.ok(found.arrays["é"] instanceof Uint8Array);
  assert.ok(Object.is(found.arrays.ends[0], -0));
});

test("messages that follow one another are taken apart one by one", async () => {
  const { unpacked } = await import("../../assets/js/data/wire.js");
  const one = Buffer.from(reference.wire.message, "base64"), other = Buffer.from(reference.values, "base64");
  const buffer = new Uint8Array(Buffer.concat([one, other])).buffer;
  const { size } = unpacked(buffer);
  assert.equal(size, one.length);
  assert.deepEqual(Object.keys(unpacked(buffer, size).arrays), ["first", "second", "odd"]);
  assert.equal(size + unpacked(buffer, size).size, buffer.byteLength);
});

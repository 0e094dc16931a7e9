import assert from "node:assert/strict";
import { test } from "node:test";

import { socketAddress } from "../../assets/js/data/channel.js";

test("the channel is beside the page, encrypted as the page is", () => {
  assert.equal(socketAddress("channel/ws", "http://ward/compare?pair=a#b"), "ws://ward/channel/ws");
  assert.equal(socketAddress("channel/ws", "https://ward:8443/fusevis/?pair=a"), "wss://ward:8443/fusevis/channel/ws");
  assert.equal(socketAddress("channel/ws", "https://ward/fusevis/compare"), "wss://ward/fusevis/channel/ws");
});

test("a channel on a port of its own is open to pages that are not encrypted", () => {
  assert.equal(socketAddress("ws://localhost:4711", "http://localhost:8050/"), "ws://localhost:4711/");
  assert.equal(socketAddress("ws://localhost:4711", "https://localhost/"), null);
});

test("without one there is none", () => {
  for (const told of [null, undefined, ""]) assert.equal(socketAddress(told, "http://ward/"), null);
});

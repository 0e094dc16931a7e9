import assert from "node:assert/strict";
import { before, test } from "node:test";

import { CLEAR, colorOf, installTables, NO_SLOPE, paint } from "../../assets/js/imaging/colormap.js";
import { COLORS } from "../../assets/js/imaging/hatch.js";
import { first, reference } from "./reference.js";

const LEAST = 5; // in one of the channels: the colours next to each other in a table lie closer
const channels = (word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255];
const luminance = ([red, green, blue]) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;

before(() => installTables(reference.tables));

test("the hatch is in no colour table", () => {
  const tables = Object.values(reference.tables).map((text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0)));
  for (const color of Object.values(COLORS).flat()) {
    for (const table of [...tables, channels(NO_SLOPE)]) {
      for (let i = 0; i < table.length; i += 3) {
        const apart = Math.max(...color.map((value, k) => Math.abs(value - table[i + k])));
        assert.ok(apart >= LEAST, `${color} is ${[...table.slice(i, i + 3)]}`);
      }
    }
  }
});

test("its two greys differ without colour vision", () => {
  for (const [ground, line] of Object.values(COLORS)) assert.ok(Math.abs(luminance(ground) - luminance(line)) > 50);
});

test("what is not known is left clear, and what is known has its colour", () => {
  const scale = { limit: 2, gamma: 1, display: "signed", colormap: "viridis" };
  const known = Uint8Array.from(first, (_, place) => place % 3 === 0);
  const words = new Uint32Array(first.length);
  paint(first, scale, words, first.shape[1], undefined, known);
  words.forEach((word, place) => assert.equal(word, known[place] ? colorOf(first[place], scale) : CLEAR));
});

/* What Python makes of the same arrays: tests/support/javascript_reference.py, written by tests/unit/test_javascript.py. */
import { readFileSync } from "node:fs";

import { unpacked } from "../../assets/js/data/wire.js";

if (!process.env.REFERENCE) throw new Error("These tests are run by pytest: tests/unit/test_javascript.py.");

export const reference = JSON.parse(readFileSync(process.env.REFERENCE, "utf8"));

/** A message of the fast path out of its base64. */
export const message = (text) => unpacked(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);

export const { first, second, odd } = message(reference.values).arrays;

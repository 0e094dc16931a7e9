/* From derivatives to colours: the same scaling and the same tables as dashboard/imaging/encoding.py. */

const DIVERGING = "RdBu_r";
/** Magenta, which is in no table: the derivative is undefined (√ at 0, 0/0) or infinite. */
export const NO_SLOPE = 0xffff00ff;
/** Nothing is painted: what lies below shows that nothing is known. */
export const CLEAR = 0;
/** @type {Record<string, Uint32Array>} */
const tables = {};

/** Take over the server's tables: base64 of 256 RGB triples each.
    @type {(encoded: Record<string, string>) => void} */
export function installTables(encoded) {
  for (const [name, text] of Object.entries(encoded)) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    // One little-endian RGBA word a colour, so that a pixel is written at once.
    tables[name] = Uint32Array.from({ length: 256 }, (_, i) =>
      (0xff000000 | (bytes[3 * i + 2] << 16) | (bytes[3 * i + 1] << 8) | bytes[3 * i]) >>> 0);
  }
}

/** One of the server's tables: 256 RGBA words.
    @type {(name: string) => Uint32Array} */
export const tableNamed = (name) => tables[name];

/** The table in which `scale` is shown: zero has to be the centre of signed values.
    @type {(scale: Scale) => Uint32Array} */
const tableOf = (scale) => tables[scale.display === "signed" ? DIVERGING : scale.colormap];

/** The value that fills the colour scale for a set of arrays; 0 where all are 0. What is not finite does not count.
    @type {(arrays: ArrayLike<number>[], display: Display) => number} */
export function limitOf(arrays, display) {
  let limit = 0;
  for (const values of arrays) {
    for (let i = 0; i < values.length; i += 1) {
      const size = display === "fusevis" ? values[i] : Math.abs(values[i]);
      if (size > limit && size < Infinity) limit = size;
    }
  }
  return limit;
}

/** A value's place in the table, 0 to 255.
    @type {(value: number, scale: Scale) => number} */
function index(value, scale) {
  const { limit, gamma, display } = scale;
  if (!(limit > 0)) return display === "signed" ? 128 : 0;
  const size = display === "fusevis" ? Math.max(value, 0) : Math.abs(value);
  const position = Math.pow(Math.min(size / limit, 1), gamma);
  if (display !== "signed") return Math.round(position * 255);
  return Math.round(((value < 0 ? -position : position) + 1) * 127.5);
}

/** The colour of one value, as an RGBA word.
    @type {(value: number, scale: Scale) => number} */
export const colorOf = (value, scale) => (Number.isFinite(value) ? tableOf(scale)[index(value, scale)] : NO_SLOPE);

/** Write the colours of `values` into `words` (Uint32Array), row by row into a rectangle of an image. What is not
    `known` is left clear: it has no place on the scale.
    @type {(values: Values, scale: Scale, words: Uint32Array, width: number, at?: Corner, known?: Bytes) => void} */
export function paint(values, scale, words, width, at = { top: 0, left: 0 }, known) {
  const table = tableOf(scale);
  const [rows, cols] = values.shape;
  for (let row = 0; row < rows; row += 1) {
    const start = (at.top + row) * width + at.left;
    for (let col = 0; col < cols; col += 1) {
      const place = row * cols + col, value = values[place];
      if (known && !known[place]) words[start + col] = CLEAR;
      else words[start + col] = Number.isFinite(value) ? table[index(value, scale)] : NO_SLOPE;
    }
  }
}

/** A number as short as it can be read: three significant digits.
    @type {(value: number) => string} */
export function short(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 0.001 && size < 10000 ? value.toPrecision(3) : value.toExponential(1);
  return (text.includes(".") && !text.includes("e") ? text.replace(/0+$/, "").replace(/\.$/, "") : text)
    .replaceAll("-", "−");
}

/* Large images in panels: a pixel of the canvas stands for a block of the image's. See dashboard/imaging/downsampling.py. */
import * as pictures from "./pictures.js";

const WHOLE = 1024 * 1024; // pixels of an image that is always sent whole

/** The strongest value, with its sign, of every block of `step` × `step` pixels of a window at `at`, or of `step` rows and
    `across` columns; a block without any slope (NaN) has none.
    @type {(values: Values, at: Corner, step: number, across?: number) => Corner & { values: Values }} */
export function strongest(values, at, step, across = step) {
  const [rows, cols] = values.shape;
  const top = Math.floor(at.top / step), left = Math.floor(at.left / across);
  const shape = [Math.ceil((at.top + rows) / step) - top, Math.ceil((at.left + cols) / across) - left];
  const found = new Float32Array(shape[0] * shape[1]), slopes = new Uint8Array(found.length).fill(2); // 2: not looked at
  for (let row = 0; row < rows; row += 1) {
    const start = (Math.floor((at.top + row) / step) - top) * shape[1] - left;
    for (let col = 0; col < cols; col += 1) {
      const value = values[row * cols + col], place = start + Math.floor((at.left + col) / across);
      if (Math.abs(value) > Math.abs(found[place])) found[place] = value;
      if (slopes[place] !== 1) slopes[place] = Number.isNaN(value) ? 0 : 1;
    }
  }
  slopes.forEach((has, place) => { if (!has) found[place] = NaN; });
  return { values: Object.assign(found, { shape }), top, left };
}

/** What `of` makes of the bytes of every block of `step` rows and `across` columns.
    @type {(bytes: Bytes, step: number, across: number, of: (total: number, least: number, count: number) => number) => Bytes} */
function eachBlock(bytes, step, across, of) {
  const [rows, cols] = bytes.shape, shape = [Math.ceil(rows / step), Math.ceil(cols / across)];
  const totals = new Float64Array(shape[0] * shape[1]), counts = new Uint32Array(totals.length);
  const least = new Uint8Array(totals.length).fill(255);
  for (let row = 0; row < rows; row += 1) {
    const start = Math.floor(row / step) * shape[1];
    for (let col = 0; col < cols; col += 1) {
      const value = bytes[row * cols + col], place = start + Math.floor(col / across);
      totals[place] += value;
      counts[place] += 1;
      if (value < least[place]) least[place] = value;
    }
  }
  return Object.assign(Uint8Array.from(totals, (total, place) => of(total, least[place], counts[place])), { shape });
}

/** The mean of every block of grey levels.
    @type {(bytes: Bytes, step: number, across?: number) => Bytes} */
export const mean = (bytes, step, across = step) => eachBlock(bytes, step, across, (total, _, count) => Math.round(total / count));

/** Which blocks are known: those of which all pixels are.
    @type {(bytes: Bytes, step: number, across?: number) => Bytes} */
export const known = (bytes, step, across = step) => eachBlock(bytes, step, across, (_, least) => least);

/** Which blocks hold a pixel that is marked.
    @type {(bytes: Bytes, step: number) => Bytes} */
export const marked = (bytes, step) => eachBlock(bytes, step, step, (total) => Number(total > 0));

/** A picture of a window alone, to be drawn over a coarse one; `fill` writes its pixels.
    @type {(shape: number[], at: Corner, fill: (made: Picture) => void) => Patch} */
export function patch(shape, at, fill) {
  const [rows, cols] = shape;
  const made = pictures.picture(cols, rows);
  fill(made);
  return { canvas: made.canvas, top: at.top, left: at.left, hasGaps: made.hasGaps };
}

/** How many pixels of a large image, along each axis, one of a picture stands for that has room for `side`; as step_for of
    dashboard/imaging/downsampling.py.
    @type {(size: Size, side: number) => number} */
export function stepFor({ width, height, aspect = 1 }, side) {
  const shown = Math.max(height * aspect, width) / Math.max(aspect, 1);
  const fewest = Math.max(Math.ceil(shown / side), Math.ceil(Math.sqrt((width * height) / WHOLE)));
  return Math.min(fewest, Math.ceil(Math.max(width, height) / side));
}

/** What a reader has to know of a reduced panel.
    @type {(step: number) => string} */
export const note = (step) => (step > 1
  ? `panels show blocks of ${step} × ${step} pixels: pictures their mean, derivatives the strongest; `
    + "zooms, figures at the pixel and correlations are exact"
  : "");

/* Large images in panels: a pixel of the canvas stands for a block of the image's. See dashboard/imaging/downsampling.py. */
import * as pictures from "./pictures.js";

/** The strongest value, with its sign, of every block of `step` × `step` pixels of a window at `at`.
    @type {(values: Values, at: Corner, step: number) => Corner & { values: Values }} */
export function strongest(values, at, step) {
  const [rows, cols] = values.shape;
  const top = Math.floor(at.top / step), left = Math.floor(at.left / step);
  const shape = [Math.ceil((at.top + rows) / step) - top, Math.ceil((at.left + cols) / step) - left];
  const found = new Float32Array(shape[0] * shape[1]);
  for (let row = 0; row < rows; row += 1) {
    const start = (Math.floor((at.top + row) / step) - top) * shape[1] - left;
    for (let col = 0; col < cols; col += 1) {
      const value = values[row * cols + col], place = start + Math.floor((at.left + col) / step);
      if (Math.abs(value) > Math.abs(found[place])) found[place] = value;
    }
  }
  return { values: Object.assign(found, { shape }), top, left };
}

/** A picture of a window alone, to be drawn over a coarse one; `fill` writes its pixels.
    @type {(shape: number[], at: Corner, fill: (made: Picture) => void) => Patch} */
export function patch(shape, at, fill) {
  const [rows, cols] = shape;
  const made = pictures.picture(cols, rows);
  fill(made);
  return { canvas: made.canvas, top: at.top, left: at.left, hasGaps: made.hasGaps };
}

/** What a reader has to know of a reduced panel.
    @type {(step: number) => string} */
export const note = (step) => (step > 1
  ? `panels show blocks of ${step} × ${step} pixels: pictures their mean, derivatives the strongest; `
    + "zooms, figures at the pixel and correlations are exact"
  : "");

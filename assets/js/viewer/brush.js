/* Pixels that are marked in every picture and in the scatterplot: those whose guidance a lasso caught, or a region's. */
import * as blocks from "../imaging/blocks.js";
import * as pictures from "../imaging/pictures.js";

/** Of the marks: in no colour map, and apart from the cross-hair's red and the window's green. */
export const COLOR = Object.freeze([255, 64, 214]);
const OPACITY = 150; // of 255, so that what lies below is still read

/** @typedef {{ x: number, y: number }} Point */
let made = 0;

/** Whether a point lies inside a closed line (even-odd).
    @type {(corners: Point[], x: number, y: number) => boolean} */
export function isInside(corners, x, y) {
  let inside = false;
  for (let at = 0, before = corners.length - 1; at < corners.length; before = at, at += 1) {
    const one = corners[at], other = corners[before];
    if ((one.y > y) !== (other.y > y) && x < ((other.x - one.x) * (y - one.y)) / (other.y - one.y) + one.x) inside = !inside;
  }
  return inside;
}

/** The pixels whose guidance lies inside a closed line of the scatterplot; what is not computed lies nowhere.
    @type {(corners: Point[], guidance: { first: Values, second: Values, known?: Bytes }) => Bytes} */
export function caught(corners, { first, second, known }) {
  const mask = Object.assign(new Uint8Array(first.length), { shape: first.shape });
  for (let place = 0; place < first.length; place += 1) {
    if ((!known || known[place]) && isInside(corners, first[place], second[place])) mask[place] = 1;
  }
  return mask;
}

/** What marks the pixels of a mask, one byte each of the image or of its blocks; null where it is empty. `word` is a
    region's, as its page reads it.
    @type {(mask: Bytes, step: number, word?: string) => Brush | null} */
export function brush(mask, step, word = "") {
  const count = mask.reduce((sum, value) => sum + value, 0);
  if (!count) return null;
  const [rows, cols] = mask.shape, { canvas, words, show } = pictures.picture(cols, rows);
  const [red, green, blue] = COLOR, color = ((OPACITY << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  mask.forEach((value, place) => { words[place] = value ? color : 0; });
  show();
  return { mask, step, count, canvas, word, serial: made += 1 };
}

/** The same of a mask of all pixels, 0 and 1, where pictures show blocks of `step` × `step`.
    @type {(mask: Bytes, step: number, word: string) => Brush | null} */
export const ofPixels = (mask, step, word) =>
  brush(step > 1 ? blocks.marked(mask, step) : mask, step, word);

/** Have every picture marked, or none.
    @type {(shown: Pictures, found: Brush | null) => void} */
export function mark(shown, found) {
  for (const picture of Object.values(shown)) picture.brush = found;
}

/** The marked pixels as a picture file: white ones on black, as large as the image.
    @type {(found: Brush, size: Size) => Promise<Blob>} */
export function file({ mask, step }, { width, height }) {
  const { canvas, words, show } = pictures.picture(width, height), cols = mask.shape[1];
  for (let place = 0; place < words.length; place += 1) {
    const row = Math.floor(place / width), block = Math.floor(row / step) * cols + Math.floor((place % width) / step);
    words[place] = mask[block] ? 0xffffffff : 0xff000000;
  }
  show();
  return new Promise((resolve, reject) => { canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The mask cannot be made.")))); });
}

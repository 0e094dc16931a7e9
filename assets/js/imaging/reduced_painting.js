/* How derivatives look where a block of pixels takes one of the screen's: by the strongest of each. See reduction.js. */
import * as blocks from "./blocks.js";
import { colorOf, paint } from "./colormap.js";
import * as pictures from "./pictures.js";
import { reducible } from "./reduction.js";

const START = { top: 0, left: 0 };

/** Whole images of derivatives, as far as they are `known`; all are where nothing is said of it.
    @type {(target: Picture, shown: Values, colors: Scale, known?: Bytes) => void} */
export function values(target, shown, colors, known) {
  reducible(target, (step) => {
    const made = pictures.reduced(target.width, target.height, step);
    paint(blocks.strongest(shown, START, step).values, colors, made.words, made.width, START, known && anyOf(known, target.width, step));
    made.show();
    return made;
  });
}

/** A window of derivatives at a place, zero around it.
    @type {(target: Picture, shown: Values, at: Corner, colors: Scale) => void} */
export function windowed(target, shown, at, colors) {
  reducible(target, (step) => {
    const made = pictures.reduced(target.width, target.height, step), seen = blocks.strongest(shown, at, step);
    pictures.spot(made, colorOf(0, colors), seen, seen.values.shape, (words, width) => paint(seen.values, colors, words, width, seen));
    return made;
  });
}

/** The overlay: red and green the strongest of both guidance images, blue the mean of the fused one.
    @type {(target: Picture, both: { first: Values, second: Values, known?: Bytes }, blue: Bytes, ranges?: number[][]) => void} */
export function overlay(target, { first, second, known }, blue, ranges) {
  reducible(target, (step) => {
    const made = pictures.reduced(target.width, target.height, step);
    const [red, green] = [first, second].map((each) => blocks.strongest(each, START, step).values);
    const both = { first: red, second: green, known: known && anyOf(known, target.width, step) };
    pictures.overlay(made, both, means(blue, target.width, step), ranges);
    return made;
  });
}

/** Whether any pixel of every block of `step` × `step` is one.
    @type {(bytes: Bytes, width: number, step: number) => Bytes} */
export function anyOf(bytes, width, step) {
  const cols = Math.ceil(width / step), rows = Math.ceil(bytes.length / width / step);
  const found = Object.assign(new Uint8Array(rows * cols), { shape: [rows, cols] });
  bytes.forEach((value, place) => {
    if (value) found[Math.floor(Math.floor(place / width) / step) * cols + Math.floor((place % width) / step)] = 1;
  });
  return found;
}

/** The mean of every block of `step` × `step` bytes.
    @type {(bytes: Bytes, width: number, step: number) => Bytes} */
export function means(bytes, width, step) {
  const cols = Math.ceil(width / step), rows = Math.ceil(bytes.length / width / step);
  const sums = new Float64Array(rows * cols), counts = new Float64Array(rows * cols);
  bytes.forEach((value, place) => {
    const block = Math.floor(Math.floor(place / width) / step) * cols + Math.floor((place % width) / step);
    sums[block] += value;
    counts[block] += 1;
  });
  return Object.assign(Uint8Array.from(sums, (sum, block) => Math.round(sum / counts[block])), { shape: [rows, cols] });
}

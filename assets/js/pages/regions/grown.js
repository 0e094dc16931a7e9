/* A threshold that grows from a pixel: what is joined to it and has nearly its value. As `joined_to` of
   saliency/geometry/masks.py, on the picture that is shown; the server computes it on the exact values. */
import { contextOf } from "../../imaging/canvas.js";

const WIDEST = 0.5; // of the range, on either side
const FAR = 200; // CSS pixels of a drag that allow it
const SHOWN = [255, 212, 59, 130];

/** How much values may differ, by how far the pointer was dragged.
    @type {(far: number) => number} */
export const toleranceOf = (far) => Math.min(Math.max((WIDEST * far) / FAR, 0.01), WIDEST);

/** Which pixels are joined to one at `start` over edges and have a value within `tolerance` of its.
    @type {(grey: Uint8Array, width: number, start: number, tolerance: number) => Uint8Array} */
export function grownFrom(grey, width, start, tolerance) {
  const found = new Uint8Array(grey.length), low = grey[start] - 255 * tolerance, high = grey[start] + 255 * tolerance, waiting = [start];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (found[at] || grey[at] < low || grey[at] > high) continue;
    found[at] = 1;
    if (at % width > 0) waiting.push(at - 1);
    if (at % width < width - 1) waiting.push(at + 1);
    if (at >= width) waiting.push(at - width);
    if (at + width < grey.length) waiting.push(at + width);
  }
  return found;
}

/** The grey levels of a picture.
    @type {(picture: HTMLImageElement) => { grey: Uint8Array, width: number, height: number }} */
export function greyOf(picture) {
  const { naturalWidth: width, naturalHeight: height } = picture, canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = contextOf(canvas);
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  return { grey: Uint8Array.from({ length: width * height }, (_, place) => data[4 * place]), width, height };
}

/** A picture of grown pixels, to lie over the other.
    @type {(found: Uint8Array, width: number, height: number) => HTMLCanvasElement} */
export function pictureOf(found, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height }), context = contextOf(canvas);
  const image = context.createImageData(width, height);
  found.forEach((is, place) => { if (is) image.data.set(SHOWN, 4 * place); });
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The words of what is grown from a pixel of input 1 or 2.
    @type {(input: number, tolerance: number, pixel: Pixel) => string} */
export const wordsOf = (input, tolerance, { row, col }) => `threshold:${input},${tolerance.toFixed(3)},${row},${col}`;

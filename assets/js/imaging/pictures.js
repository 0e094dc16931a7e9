/* The pictures of a view, one canvas each at one canvas pixel per image pixel; panels draw from them. */
import { contextOf } from "./canvas.js";
import { CLEAR } from "./colormap.js";
import { hatch } from "./hatch.js";
import * as reduction from "./reduction.js";

/** An image of the view: canvas, its pixels as RGBA words, and how to bring the words to the canvas.
    @type {(width: number, height: number) => Picture} */
export function picture(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = contextOf(canvas);
  const data = context.createImageData(width, height);
  const words = new Uint32Array(data.data.buffer);
  return {
    canvas, words, width, height,
    show: () => context.putImageData(data, 0, 0),
    showPart: (left, top, cols, rows) => context.putImageData(data, 0, 0, left, top, cols, rows),
  };
}

/** The same for an image of which a canvas pixel stands for `step` × `step` pixels.
    @type {(width: number, height: number, step: number) => Picture} */
export const reduced = (width, height, step) =>
  Object.assign(picture(Math.ceil(width / step), Math.ceil(height / step)), { step });

/** Draw a picture at one unit per image pixel, as much of another over it as is asked for, and what marks its pixels.
    @type {(context: CanvasRenderingContext2D, picture: Picture, isZoom: boolean) => void} */
export function draw(context, shown, isZoom) {
  single(context, shown, isZoom);
  if (shown.over) {
    context.globalAlpha = shown.over.part;
    single(context, shown.over.picture, isZoom);
    context.globalAlpha = 1;
  }
  if (shown.brush) {
    const { canvas, step } = shown.brush;
    context.drawImage(canvas, 0, 0, canvas.width * step, canvas.height * step);
  }
}

/** A zoom has the exact window over it, where there is one. What is not known is hatched.
    @type {(context: CanvasRenderingContext2D, picture: Picture, isZoom: boolean) => void} */
function single(context, shown, isZoom) {
  const { canvas, step = 1, patch, ground = 0, isEmptyAround, hasGaps } = shown;
  if (hasGaps) hatch(context, canvas.width * step, canvas.height * step);
  if (step > 1) {
    context.drawImage(canvas, 0, 0, canvas.width * step, canvas.height * step);
  } else {
    reduction.draw(context, shown);
  }
  if (!patch || !isZoom) return;
  if (isEmptyAround) { // the coarse spot reaches beyond the exact one
    context.fillStyle = `rgb(${ground & 255}, ${(ground >> 8) & 255}, ${(ground >> 16) & 255})`;
    context.fillRect(0, 0, canvas.width * step, canvas.height * step);
  }
  if (patch.hasGaps) { // the coarse picture must not show through
    context.clearRect(patch.left, patch.top, patch.canvas.width, patch.canvas.height);
    hatch(context, patch.canvas.width, patch.canvas.height, patch);
  }
  context.drawImage(patch.canvas, patch.left, patch.top);
}

/** Grey levels (H, W) or colours (H, W, 3), bytes, into a picture.
    @type {(target: Picture, bytes: Bytes) => void} */
export function fill(target, bytes) {
  const { words } = target;
  target.hasGaps = false;
  const isGrey = bytes.shape.length === 2;
  for (let i = 0; i < words.length; i += 1) {
    const [r, g, b] = isGrey
      ? [bytes[i], bytes[i], bytes[i]]
      : [bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]];
    words[i] = (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
  }
  target.show();
  target.reduce = null; // smoothed, as seen from further away
}

/** Guidance RGB: red and green the guidance images, blue the fused image as the server scaled it, each from
    its own minimum to its maximum. What is not `known` is left clear.
    @type {(target: Picture, both: { first: Values, second: Values, known?: Bytes }, blue: Bytes, ranges?: number[][]) => void} */
export function overlay(target, { first, second, known }, blue, ranges = [rangeOf(first), rangeOf(second)]) {
  const red = unitBytes(first, ranges[0]), green = unitBytes(second, ranges[1]);
  target.hasGaps = Boolean(known);
  for (let i = 0; i < target.words.length; i += 1) {
    if (known && !known[i]) target.words[i] = CLEAR;
    else target.words[i] = (0xff000000 | (blue[i] << 16) | (green[i] << 8) | red[i]) >>> 0;
  }
  target.show();
}

/** @type {(values: ArrayLike<number>) => number[]} */
function rangeOf(values) {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return [low, high];
}

/** @type {(values: ArrayLike<number>, range: number[]) => Uint8Array} */
function unitBytes(values, [low, high]) {
  const span = high > low ? 255 / (high - low) : 0;
  return Uint8Array.from(values, (value) => Math.round((value - low) * span));
}

/** Show a window of colours on an even ground; only what changes is written, however large the picture.
    @type {(target: Picture, ground: number, at: Corner, shape: number[], paint: (words: Uint32Array, width: number) => void) => void} */
export function spot(target, ground, at, shape, paint) {
  target.hasGaps = false;
  const [rows, cols] = shape;
  if (target.ground !== ground) {
    target.words.fill(ground);
    target.show();
  } else {
    erase(target, ground);
  }
  paint(target.words, target.width);
  target.showPart(at.left, at.top, cols, rows);
  Object.assign(target, { ground, spot: { top: at.top, left: at.left, rows, cols } });
}

/** @type {(target: Picture, ground: number) => void} */
function erase(target, ground) {
  const { spot: old } = target;
  if (!old) return;
  const { top, left, rows, cols } = old;
  for (let row = top; row < top + rows; row += 1) {
    target.words.fill(ground, row * target.width + left, row * target.width + left + cols);
  }
  target.showPart(left, top, cols, rows);
}

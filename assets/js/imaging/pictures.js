/* The pictures of a view, one canvas each at one canvas pixel per image pixel; panels draw from them. */
import { contextOf } from "./canvas.js";
import { CLEAR } from "./colormap.js";
import { hatch } from "./hatch.js";

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

/** How many pixels of a picture, along and across, share a pixel of the screen: 1 at or above 1:1. `scale`: pixels of the
    screen for each of the image's.
    @type {(source: { step?: number }, scale: number) => number} */
export const blockSide = ({ step = 1 }, scale) => Math.max(Math.ceil(1 / (scale * step) - 1e-6), 1);

/** The same, along and across each by itself.
    @type {(source: { step?: number }, at: { scale: number, aspect?: number }) => Block} */
export const blockOf = (source, { scale, aspect = 1 }) => ({ down: blockSide(source, scale * aspect), across: blockSide(source, scale) });

/** Draw a picture at one unit per image pixel, as much of another over it as is asked for, and what marks its pixels.
    @type {(context: CanvasRenderingContext2D, source: Picture, isZoom: boolean, at: Placing) => void} */
export function draw(context, source, isZoom, at) {
  shifted(context, source, isZoom, at);
  if (source.over) {
    context.save();
    if (source.over.clip) context.clip(source.over.clip);
    context.globalAlpha = source.over.part;
    shifted(context, source.over.picture, isZoom, at);
    context.restore();
  }
  if (source.brush) {
    const { canvas, step } = source.brush;
    context.imageSmoothingEnabled = false;
    context.drawImage(canvas, 0, 0, canvas.width * step, canvas.height * step);
  }
}

/** A picture where it is dragged to.
    @type {(context: CanvasRenderingContext2D, source: Picture, isZoom: boolean, at: Placing) => void} */
function shifted(context, source, isZoom, at) {
  if (!source.shift) return single(context, source, isZoom, at);
  const { right, down, angle, about } = source.shift, { width, height, step = 1, aspect = 1 } = source;
  context.save();
  context.beginPath(); // nothing of it is seen beside the image
  context.rect(0, 0, width * step, height * step);
  context.clip();
  context.translate(about.col + right, about.row + down);
  context.scale(1, 1 / aspect); // turned as it is drawn, and as it lies in the patient; as fusion/data/moved_pair.py
  context.rotate((angle * Math.PI) / 180);
  context.scale(1, aspect);
  context.translate(-about.col, -about.row);
  single(context, source, isZoom, at);
  context.restore();
}

/** A zoom has the exact window over it, where there is one. What is not known is hatched. Below 1:1 a derivative shows
    the strongest of each block, as foci of one pixel would vanish among the nearest ones; anatomy is smoothed.
    @type {(context: CanvasRenderingContext2D, source: Picture, isZoom: boolean, at: Placing) => void} */
function single(context, source, isZoom, at) {
  const { step = 1, patch, ground = 0, isEmptyAround, hasGaps } = source, block = blockOf(source, at), isReduced = block.down > 1 || block.across > 1;
  const { canvas } = isReduced ? coarse(source, block) : source, each = canvas === source.canvas ? { down: 1, across: 1 } : block;
  if (hasGaps) hatch(context, source.width * step, source.height * step);
  context.imageSmoothingEnabled = isReduced && !source.coarsen;
  context.imageSmoothingQuality = "high";
  if (canvas !== source.canvas || step > 1) {
    context.drawImage(canvas, 0, 0, canvas.width * step * each.across, canvas.height * step * each.down);
  } else {
    context.drawImage(canvas, 0, 0);
  }
  if (!patch || !isZoom) return;
  if (isEmptyAround) { // the coarse spot reaches beyond the exact one
    context.fillStyle = `rgb(${ground & 255}, ${(ground >> 8) & 255}, ${(ground >> 16) & 255})`;
    context.fillRect(0, 0, source.width * step, source.height * step);
  }
  if (patch.hasGaps) { // the coarse picture must not show through
    context.clearRect(patch.left, patch.top, patch.canvas.width, patch.canvas.height);
    hatch(context, patch.canvas.width, patch.canvas.height, patch);
  }
  context.drawImage(patch.canvas, patch.left, patch.top);
}

/** The picture with blocks of its pixels in one, kept until it is painted anew; anatomy itself.
    @type {(source: Picture, block: Block) => Picture} */
function coarse(source, block) {
  if (!source.coarsen) return source;
  if (source.coarse?.down !== block.down || source.coarse.across !== block.across) {
    const made = picture(Math.ceil(source.width / block.across), Math.ceil(source.height / block.down));
    source.coarse = { ...block, made, isCurrent: false };
  }
  if (!source.coarse.isCurrent) source.coarsen(source.coarse.made, block);
  source.coarse.isCurrent = true;
  return source.coarse.made;
}

/** A picture has been painted; `coarsen` paints the same with blocks of its pixels in one.
    @type {(target: Picture, coarsen: (made: Picture, block: Block) => void) => void} */
export function painted(target, coarsen) {
  target.coarsen = coarsen;
  if (target.coarse) target.coarse.isCurrent = false;
}

/** Grey levels (H, W) or colours (H, W, 3), bytes, into a picture.
    `colors`: those of the 256 levels; of a picture in colour each channel takes the red of its level.
    @type {(target: Picture, bytes: Bytes, colors?: Uint32Array | null) => void} */
export function fill(target, bytes, colors = null) {
  const { words } = target;
  target.hasGaps = false;
  const isGrey = bytes.shape.length === 2;
  /** @type {(level: number) => number} */
  const channel = colors ? (level) => colors[level] & 255 : (level) => level;
  for (let i = 0; i < words.length; i += 1) {
    if (isGrey && colors) {
      words[i] = colors[bytes[i]];
      continue;
    }
    const [r, g, b] = isGrey
      ? [bytes[i], bytes[i], bytes[i]]
      : [channel(bytes[3 * i]), channel(bytes[3 * i + 1]), channel(bytes[3 * i + 2])];
    words[i] = (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
  }
  target.show();
}

/** Guidance RGB: red and green the guidance images, blue the fused image as the server scaled it, each from
    its own minimum to its maximum. What is not `known` is left clear.
    @type {(target: Picture, both: { first: Values, second: Values, known?: Bytes }, blue: Bytes, ranges: number[][]) => void} */
export function overlay(target, { first, second, known }, blue, ranges) {
  const red = unitBytes(first, ranges[0]), green = unitBytes(second, ranges[1]);
  target.hasGaps = Boolean(known);
  for (let i = 0; i < target.words.length; i += 1) {
    if (known && !known[i]) target.words[i] = CLEAR;
    else target.words[i] = (0xff000000 | (blue[i] << 16) | (green[i] << 8) | red[i]) >>> 0;
  }
  target.show();
}

/** The smallest and the largest of values.
    @type {(values: ArrayLike<number>) => number[]} */
export function rangeOf(values) {
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
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i += 1) bytes[i] = Math.round((values[i] - low) * span); // `from` takes ten times as long
  return bytes;
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

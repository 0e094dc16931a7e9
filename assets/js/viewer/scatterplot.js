/* The scatterplot while the pointer moves: every pixel as a grey dot, drawn once, and the window's in green. */
import { short } from "../imaging/colormap.js";
import { contextOf } from "../imaging/canvas.js";
import { hatch } from "../imaging/hatch.js";
import * as pictures from "../imaging/pictures.js";
import { COLOR } from "./brush.js";
import * as panelCanvases from "./panel_canvases.js";

/** @typedef {(value: number) => number} Along */
/** @typedef {Corner & { first: Values, second: Values, known?: Bytes, cols: number, rows?: number }} Near */

const SHADE = 0.7; // the opacity of one dot; further ones on its place darken what is left
const MARGIN = 34; // as in dashboard/components/plots.py, in CSS pixels
/** @type {WeakMap<Panel, { key: string, canvas: HTMLCanvasElement }>} */
const grounds = new WeakMap(); // all dots of each panel

/** The range of an axis: the values with a little room, as in dashboard/components/plots.py.
    @type {(values: ArrayLike<number>) => [number, number]} */
export function range(values) {
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  if (low > high) return [-0.5, 0.5]; // nothing is known yet
  const room = 0.04 * (high - low) || 0.5;
  return [low - room, high + room];
}

/** @type {(guidance: Guidance, width: number, height: number) => [Along, Along]} */
function places(guidance, width, height) {
  const [x0, x1] = guidance.rangeX, [y0, y1] = guidance.rangeY;
  return [(value) => ((value - x0) / (x1 - x0)) * width, (value) => (1 - (value - y0) / (y1 - y0)) * height];
}

/** The values of both guidance images at a point of a panel, in CSS pixels.
    @type {(panel: Panel, guidance: Guidance, at: { x: number, y: number }) => { x: number, y: number }} */
export function valuesAt({ plot, margin = MARGIN }, { rangeX, rangeY }, { x, y }) {
  const right = (x - margin) / (plot.clientWidth - margin), up = 1 - y / (plot.clientHeight - margin);
  return { x: rangeX[0] + right * (rangeX[1] - rangeX[0]), y: rangeY[0] + up * (rangeY[1] - rangeY[0]) };
}

/** All dots, those of marked pixels over the others, kept until guidance, the marks, the axes or the size change.
    @type {(panel: Panel, guidance: Guidance, width: number, height: number, brush?: Brush | null) => HTMLCanvasElement} */
function grounded(panel, guidance, width, height, brush) {
  const key = [guidance.serial, brush?.serial, width, height, ...guidance.rangeX, ...guidance.rangeY].join("/");
  const kept = grounds.get(panel);
  if (kept && kept.key === key) return kept.canvas;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  dot(contextOf(canvas), guidance, ...places(guidance, width, height));
  if (brush) stand(contextOf(canvas), guidance, brush, ...places(guidance, width, height));
  grounds.set(panel, { key, canvas });
  return canvas;
}

/** @type {(context: CanvasRenderingContext2D, guidance: Guidance, x: Along, y: Along) => void} */
function dot(context, guidance, x, y) {
  if (guidance.dots && guidance.axes) {
    const [[left, right], [bottom, top]] = guidance.axes;
    context.drawImage(stamped(guidance.dots, guidance.dots.shape), x(left), y(top), x(right) - x(left), y(bottom) - y(top));
    return;
  }
  const { width, height } = context.canvas, side = Math.max(Math.round(window.devicePixelRatio || 1), 1);
  context.drawImage(stamped(stacked(guidance, x, y, [height, width], side).map(opacity), [height, width]), 0, 0);
}

/** How many dots lie on each pixel of a plot (rows, cols), up to 255, where every dot is a square of `side` pixels.
    Counting takes a twentieth of the time of a canvas that fills each: guidance of 256² has 65,536, and is sharpened often.
    @type {(guidance: { first: Values, second: Values, known?: Bytes | null }, x: Along, y: Along, shape: [number, number], side: number) => Uint8ClampedArray} */
export function stacked({ first, second, known }, x, y, [rows, cols], side) {
  const counts = new Uint8ClampedArray(rows * cols);
  for (let i = 0; i < first.length; i += 1) {
    if (known?.[i] === 0) continue;
    const left = Math.round(x(first[i])), top = Math.round(y(second[i]));
    for (let row = Math.max(top, 0); row < Math.min(top + side, rows); row += 1) {
      for (let col = Math.max(left, 0); col < Math.min(left + side, cols); col += 1) counts[row * cols + col] += 1;
    }
  }
  return counts;
}

/** The opacity, of 255, of so many dots on one place.
    @type {(count: number) => number} */
const opacity = (count) => (count ? 255 * (1 - (1 - SHADE) ** count) : 0);

/** The points of marked pixels.
    @type {(context: CanvasRenderingContext2D, guidance: Guidance, brush: Brush, x: Along, y: Along) => void} */
function stand(context, { first, second }, { mask }, x, y) {
  const side = 2 * Math.max(window.devicePixelRatio || 1, 1);
  context.fillStyle = `rgb(${COLOR})`;
  mask.forEach((isMarked, place) => {
    if (isMarked) context.fillRect(x(first[place]) - side / 2, y(second[place]) - side / 2, side, side);
  });
}

/** Dots on a canvas, from the opacity of each place: here, or the server's of a large image, every pixel counted.
    @type {(dots: ArrayLike<number>, shape: number[]) => HTMLCanvasElement} */
function stamped(dots, [rows, cols]) {
  const made = pictures.picture(cols, rows);
  for (let i = 0; i < dots.length; i += 1) made.words[i] = ((dots[i] << 24) | 0x8a8a8a) >>> 0;
  made.show();
  return made.canvas;
}

/** Guidance around the pixel, with where its first value lies in the image; null while it is not here.
    @type {(guidance: Guidance, state: ViewerState, exact: Message | null) => Near | null} */
function around(guidance, state, exact) {
  const { first, second, known: seen } = guidance;
  if (!guidance.dots) return { first, second, known: seen, top: 0, left: 0, cols: state.width };
  if (!exact?.arrays.guidance1) return null;
  const { guidance1, guidance2, known } = exact.arrays;
  const { top, left } = exact.about, [rows, cols] = guidance1.shape, { row, col } = /** @type {Pixel} */ (state.pixel);
  const isInside = row >= top && row < top + rows && col >= left && col < left + cols;
  return isInside ? { first: guidance1, second: guidance2, known, top, left, cols, rows } : null;
}

/** Draw the plot for the window around the state's pixel.
    @type {(panel: Panel, guidance: Guidance | null, state: ViewerState, exact: Message | null) => void} */
export function draw(panel, guidance, state, exact) {
  const context = panelCanvases.fit(panel);
  const ratio = window.devicePixelRatio || 1;
  const { width, height } = panel.canvas;
  context.clearRect(0, 0, width, height);
  if (!guidance) { // the figure below is of the view before
    context.fillStyle = panel.ground ?? "";
    context.fillRect(0, 0, width, height);
    if (state.pixel) hatch(context, width, height);
  }
  if (!guidance || !state.pixel) return;
  const edge = Math.round((panel.margin ?? MARGIN) * ratio);
  /** @type {[number, number]} */
  const inner = [width - edge, height - edge];
  context.fillStyle = panel.ground ?? "";
  context.fillRect(edge, 0, ...inner);
  context.drawImage(grounded(panel, guidance, ...inner, state.brush), edge, 0);
  const near = around(guidance, state, exact);
  if (!near) return;
  const { first, second, known } = near;
  context.fillStyle = "#2fbf5b";
  const [x, y] = places(guidance, ...inner);
  const size = 3 * ratio;
  eachInWindow(state, near, (i) => {
    if (known?.[i] !== 0) context.fillRect(edge + x(first[i]) - size / 2, y(second[i]) - size / 2, size, size);
  });
  const at = (state.pixel.row - near.top) * near.cols + state.pixel.col - near.left;
  if (known?.[at] === 0) return;
  context.strokeStyle = "#ff3b30";
  context.lineWidth = 1.5 * ratio;
  context.beginPath();
  context.arc(edge + x(first[at]), y(second[at]), 4.5 * ratio, 0, 2 * Math.PI);
  context.stroke();
}

/** Visit the places in `near` of all pixels of the window around the state's pixel.
    @type {(state: { pixel: Pixel | null, window: number, height: number }, near: Near, visit: (place: number) => void) => void} */
export function eachInWindow(state, { top, left, cols, rows = state.height }, visit) {
  const half = Math.floor(state.window / 2);
  const { row, col } = /** @type {Pixel} */ (state.pixel);
  const bottom = Math.min(row + half, top + rows - 1), right = Math.min(col + half, left + cols - 1);
  for (let r = Math.max(row - half, top); r <= bottom; r += 1) {
    for (let c = Math.max(col - half, left); c <= right; c += 1) visit((r - top) * cols + c - left);
  }
}

/** Axes where no figure lies below: lines at zero, the modalities' names and what the axes span.
    @type {(panel: Panel, guidance: Guidance, names: string[], ink: string) => void} */
export function axes(panel, guidance, names, ink) {
  const { canvas: { width, height } } = panel, context = panelCanvases.fit(panel), ratio = window.devicePixelRatio || 1;
  const edge = Math.round((panel.margin ?? MARGIN) * ratio);
  /** @type {[number, number]} */
  const inner = [width - edge, height - edge];
  const [x, y] = places(guidance, ...inner).map((place) => Math.round(place(0)) + 0.5);
  Object.assign(context, { strokeStyle: ink, fillStyle: ink, lineWidth: 1, font: `${12 * ratio}px system-ui, sans-serif` });
  context.globalAlpha = 0.4;
  context.beginPath();
  if (x > 0 && x < inner[0]) { context.moveTo(edge + x, 0); context.lineTo(edge + x, inner[1]); }
  if (y > 0 && y < inner[1]) { context.moveTo(edge, y); context.lineTo(width, y); }
  context.stroke();
  context.globalAlpha = 1;
  spanned(context, names[0], guidance.rangeX, edge, height - 2 * ratio, inner[0]);
  context.rotate(-Math.PI / 2);
  spanned(context, names[1], guidance.rangeY, -inner[1], edge - 4 * ratio, inner[1]);
  context.rotate(Math.PI / 2);
}

/** @type {(context: CanvasRenderingContext2D, name: string, range: number[], from: number, at: number, length: number) => void} */
function spanned(context, name, [low, high], from, at, length) {
  const texts = [short(low), name, short(high)];
  /** @type {CanvasTextAlign[]} */
  const sides = ["left", "center", "right"];
  sides.forEach((align, each) => {
    context.textAlign = align;
    context.fillText(texts[each], from + (each * length) / 2, at);
  });
}

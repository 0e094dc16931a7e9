/* The colour bars over the pictures: values grow evenly from left to right, so that γ shows in the colours. */
import { contextOf } from "./canvas.js";
import { colorOf, short } from "./colormap.js";

/** @typedef {Size & { context: CanvasRenderingContext2D, band: number, isNarrow: boolean, looks?: string, label?: string }} Bar */

const TEXT = 12; // CSS pixels
const BAND = 0.45; // of the height; the numbers stand below
/** @type {WeakMap<HTMLCanvasElement, Bar>} */
const drawn = new WeakMap(); // what stands on each canvas: only what changed is drawn again

/** The screen, the theme or the layout has changed: measure and draw a bar anew the next time.
    @type {(canvas: HTMLCanvasElement) => void} */
export const refit = (canvas) => { drawn.delete(canvas); };

/** There is no scale: take the bar away.
    @type {(canvas: HTMLCanvasElement) => void} */
export function clear(canvas) {
  canvas.width = Math.max(canvas.width, 1); // setting it clears the canvas
  canvas.setAttribute("aria-label", "Colour scale");
  drawn.delete(canvas);
}

/** Draw the bar of a scale ({limit, gamma, display, colormap}).
    @type {(canvas: HTMLCanvasElement, scale: Scale) => void} */
export function draw(canvas, scale) {
  const bar = drawn.get(canvas) || measured(canvas);
  if (!(scale.limit > 0)) return blank(canvas, bar);
  const looks = `${scale.gamma}/${scale.display}/${scale.colormap}`;
  if (bar.looks !== looks) strip(bar, scale);
  bar.looks = looks;
  const low = scale.display === "signed" ? -scale.limit : 0;
  const texts = [low, low + (scale.limit - low) / 2, scale.limit].map(short);
  const label = `Colour scale from ${texts[0]} to ${texts[2]}`;
  if (bar.label === label) return;
  bar.label = label;
  ticks(bar, texts);
  canvas.setAttribute("aria-label", label);
}

/** Nothing has a value yet, or all are 0: no colour stands for anything.
    @type {(canvas: HTMLCanvasElement, bar: Bar) => void} */
function blank(canvas, bar) {
  if (bar.looks === "") return;
  Object.assign(bar, { looks: "", label: "Colour scale, without a value" });
  const { context, width, height, band } = bar;
  context.clearRect(0, 0, width, height);
  context.textAlign = "center";
  context.fillText("–", width / 2, height);
  Object.assign(context, { strokeStyle: context.fillStyle, lineWidth: 1 });
  context.strokeRect(0.5, 0.5, width - 1, Math.max(band - 1, 1));
  canvas.setAttribute("aria-label", bar.label ?? "");
}

/** @type {(canvas: HTMLCanvasElement) => Bar} */
function measured(canvas) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(Math.round(canvas.clientWidth * ratio), 1);
  canvas.height = Math.max(Math.round(canvas.clientHeight * ratio), 1);
  const context = contextOf(canvas);
  const ink = getComputedStyle(canvas).color;
  Object.assign(context, { font: `${TEXT * ratio}px system-ui, sans-serif`, fillStyle: ink, textBaseline: "bottom" });
  const { width, height } = canvas;
  const bar = { context, width, height, band: Math.round(height * BAND), isNarrow: width < 120 * ratio };
  drawn.set(canvas, bar);
  return bar;
}

/** @type {(bar: Bar, scale: Scale) => void} */
function strip({ context, width, band }, scale) {
  const image = context.createImageData(width, Math.max(band, 1));
  const row = new Uint32Array(image.data.buffer);
  const low = scale.display === "signed" ? -scale.limit : 0;
  for (let x = 0; x < width; x += 1) {
    row[x] = colorOf(low + ((scale.limit - low) * x) / Math.max(width - 1, 1), scale);
  }
  for (let y = 1; y < band; y += 1) row.copyWithin(y * width, 0, width);
  context.putImageData(image, 0, 0);
}

/** @type {(bar: Bar, texts: string[]) => void} */
function ticks({ context, width, height, band, isNarrow }, texts) {
  context.clearRect(0, band, width, height - band);
  /** @type {[number, CanvasTextAlign][]} */
  const places = [[0, "left"], [0.5, "center"], [1, "right"]];
  places.forEach(([part, align], each) => {
    if (isNarrow && align === "center") return; // three numbers would run into each other
    context.textAlign = align;
    context.fillText(texts[each], part * width, height);
  });
}

/* The histogram of what a network is given of an input, with what its values are in the file. */
import { make } from "../../components/elements.js";
import { rawText } from "../../viewer/raw_values.js";

const WIDE = 330, HIGH = 56, ABOVE = 15, BELOW = 15, EDGE = 8; // units of the drawing, CSS pixels where nothing is shrunk

/** What the server tells of an input; see dashboard/views/input_values.py.
    @typedef {{ name: string, counts: number[], low: number, high: number, unit: string, least: number, most: number, below: number, above: number, is_volume: boolean }} InputValues */

/** @type {(kind: string, attributes: Record<string, any>, text?: string) => SVGElement} */
function draw(kind, attributes, text) {
  const made = /** @type {SVGElement} */ (document.createElementNS("http://www.w3.org/2000/svg", kind));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** How high a bar is, from 0 to 1: by the logarithm, as the ground of medical pictures is most of them.
    @type {(count: number, most: number) => number} */
export const heightOf = (count, most) => (most > 0 ? Math.log1p(count) / Math.log1p(most) : 0);

/** @type {(found: InputValues) => HTMLElement} */
export function plot({ name, counts, low, high, unit }) {
  const most = Math.max(...counts), wide = (WIDE - 2 * EDGE) / counts.length, floor = ABOVE + HIGH;
  const shown = unit ? `${rawText(low, "")} to ${rawText(high, "")} ${unit}` : "the range of this generated image";
  const root = draw("svg", { viewBox: `0 0 ${WIDE} ${floor + BELOW}`, class: "value-plot", role: "img", "aria-label": `Histogram of ${name} as the network is given it, from 0 to 1, which are ${shown}; pixels on a logarithmic scale` });
  counts.forEach((count, place) => {
    const high_ = HIGH * heightOf(count, most);
    root.append(draw("rect", { x: EDGE + place * wide, y: floor - high_, width: wide, height: high_ }));
  });
  root.append(draw("line", { x1: EDGE, x2: WIDE - EDGE, y1: floor, y2: floor }));
  for (const part of [0, 0.5, 1]) {
    const x = EDGE + part * (WIDE - 2 * EDGE), anchor = { 0: "start", 1: "end" }[part] ?? "middle", at = anchor === "middle" ? x : part ? WIDE : 0;
    root.append(draw("text", { x: at, y: floor + BELOW - 2, "text-anchor": anchor }, String(part)));
    if (unit) root.append(draw("text", { x: at, y: ABOVE - 4, "text-anchor": anchor }, `${rawText(low + part * (high - low))}${part === 0.5 ? ` ${unit}` : ""}`));
  }
  return make("div", { class: "value-plot-place" }, root);
}

/** How many pixels a network cannot tell apart, as they are clipped; empty where none is.
    @type {(found: InputValues) => string} */
export function clippedText({ counts, below, above }) {
  const all = counts.reduce((sum, count) => sum + count, 0), percent = (100 * (below + above)) / all;
  return below + above ? `Clipped: ${below} pixels below, ${above} above (${percent.toFixed(1)} % of all).` : "Nothing is clipped.";
}

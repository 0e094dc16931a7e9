/* Values along the slices at the pixel: of both files and of the fused image, a curve each with the present slice
   marked; see dashboard/service/slice_values.py. What is not computed is not drawn. */
import { make, put } from "../../components/elements.js";
import { plainId } from "../../components/pair_changes.js";
import * as guidanceRequests from "../../data/guidance_requests.js";
import { rawText } from "../../viewer/raw_values.js";
import { spelled } from "../../viewer/spans.js";

/** What the server tells of a pixel.
    @typedef {{ slices: string[], present: number, pixel: number[], names: string[], values: (number | null)[][], units: string[], done: number, failed: number, failure: string, left: number | null }} ValuesTold */

const WIDE = 330, HIGH = 64, ABOVE = 18, BELOW = 16, LEFT = 56, RIGHT = 8; // units of the drawing
const AGAIN = 1000, HELD = 30000; // ms between two questions while slices are fused, and so that the server holds them
const KINDS = ["first", "second", "fused"];

/** @type {any} */
let page = null;
let isSeen = () => false;
/** @type {Record<string, any>} */
const parts = {};
let wanted = ""; // the case for which somebody has asked for the values
let serial = 0, timer = 0;

/** The part of the tools that shows it; `seen` tells whether the tools are open.
    @type {(explore: any, seen: () => boolean) => HTMLElement} */
export function built(explore, seen) {
  page = explore;
  isSeen = seen;
  parts.said = make("p", { role: "status" });
  parts.begin = make("button", { type: "button", text: "Show the values", onclick: begin });
  parts.curves = make("div");
  return make("div", {}, make("h3", { text: "Values along the slices" }), parts.said, make("div", { class: "move-buttons" }, parts.begin), parts.curves);
}

/** What is looked at but for the slice: the network, the case and what is changed of it.
    @type {(view: { pair: string, network: string, title: string }) => string} */
const caseOf = ({ pair, network, title }) => [network, ...title.split(" / ").slice(0, -1), pair.slice(plainId(pair).length)].join("/");

function begin() {
  const { view } = page.shown();
  if (!view) return;
  wanted = caseOf(view);
  open();
}

/** Another pixel, another slice, or the tools were opened: follow it, where it was asked for. */
export function open() {
  serial += 1;
  clearTimeout(timer);
  const { view } = page?.shown() ?? {};
  if (!view || !isSeen()) return;
  const isWanted = wanted === caseOf(view);
  parts.begin.hidden = isWanted;
  if (isWanted) return void follow(serial, view);
  parts.curves.replaceChildren();
  put(parts.said, `The values of both files and of the fused image at the pixel, in every slice: ${view.network} has to fuse each of them once.`);
}

/** @type {(mine: number, view: { pair: string, network: string }) => Promise<void>} */
async function follow(mine, view) {
  const { pixel } = page.state;
  if (!pixel) return;
  const words = new URLSearchParams({ pair: view.pair, network: view.network, row: pixel.row, col: pixel.col, page: guidanceRequests.page });
  const response = await fetch(`explore/series/values?${words}`).catch(() => null);
  const found = await response?.json().catch(() => null);
  if (mine !== serial) return;
  if (!response?.ok || !found) return put(parts.said, found?.error ?? "The server does not answer; is it still running?");
  put(parts.said, sentence(found));
  parts.curves.replaceChildren(...KINDS.map((kind, at) => curve(kind, at, found)));
  if (!found.failure) timer = setTimeout(follow, found.done < found.slices.length ? AGAIN : HELD, mine, view);
}

/** @type {(found: ValuesTold) => string} */
export function sentence({ slices, pixel: [row, col], done, failed, failure, left }) {
  const at = `At row ${row}, column ${col}`;
  if (failure) return failure;
  if (done < slices.length) return `${at}; ${done} of ${slices.length} slices are fused${left === null ? "" : `, ${spelled(left)} left`}.`;
  return failed ? `${at}; ${failed} of ${slices.length} slices show nothing of one input.` : `${at}.`;
}

/** Pieces of a line through the values that are there: [place, value] each; a gap ends a piece.
    @type {(values: (number | null)[]) => number[][][]} */
export function pieces(values) {
  /** @type {number[][][]} */
  const found = [[]];
  values.forEach((value, place) => {
    if (value === null) found.push([]);
    else found[found.length - 1].push([place, value]);
  });
  return found.filter((piece) => piece.length);
}

/** @type {(kind: string, attributes: Record<string, any>, text?: string) => SVGElement} */
function draw(kind, attributes, text) {
  const made = /** @type {SVGElement} */ (document.createElementNS("http://www.w3.org/2000/svg", kind));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** @type {(kind: string, at: number, found: ValuesTold) => SVGElement} */
function curve(kind, at, { slices, present, names, values, units }) {
  const here = values[at], known = here.filter((value) => value !== null), low = Math.min(...known), high = Math.max(...known);
  const x = (/** @type {number} */ place) => LEFT + (slices.length > 1 ? place / (slices.length - 1) : 0.5) * (WIDE - LEFT - RIGHT);
  const y = (/** @type {number} */ value) => ABOVE + HIGH * (high > low ? 1 - (value - low) / (high - low) : 0.5);
  const name = kind === "fused" ? "Fused" : names[at], unit = kind === "fused" ? "" : units[at];
  const short = (/** @type {number} */ value) => (kind === "fused" ? value.toFixed(3).replace("-", "−") : rawText(value));
  const said = (/** @type {number | null} */ value) => (value === null ? "no value" : `${short(value)} ${unit}`.trim());
  const label = `${name} in slice ${slices[present]}: ${said(here[present])}`;
  const root = draw("svg", { viewBox: `0 0 ${WIDE} ${ABOVE + HIGH + BELOW}`, class: "slice-profile", role: "img", "aria-label": `${label}; along the slices from ${said(known.length ? low : null)} to ${said(known.length ? high : null)}` });
  root.append(draw("text", { x: LEFT, y: ABOVE - 6 }, label));
  root.append(draw("line", { x1: x(present), x2: x(present), y1: ABOVE, y2: ABOVE + HIGH, class: "present" }), draw("line", { x1: LEFT, x2: WIDE - RIGHT, y1: ABOVE + HIGH, y2: ABOVE + HIGH }));
  if (known.length) for (const value of high > low ? [low, high] : [low]) root.append(draw("text", { x: LEFT - 5, y: y(value) + 4, "text-anchor": "end" }, short(value)));
  for (const piece of pieces(here)) {
    const path = piece.map(([place, value], step) => `${step ? "L" : "M"}${x(place).toFixed(1)},${y(value).toFixed(1)}`).join("");
    root.append(draw("path", { d: piece.length > 1 ? path : `${path}h1`, class: kind }));
  }
  const value = here[present];
  if (value !== null) root.append(draw("circle", { cx: x(present), cy: y(value), r: 3, class: `dot-${kind}` }));
  for (const [place, anchor] of /** @type {[number, string][]} */ ([[0, "start"], [slices.length - 1, "end"]])) root.append(draw("text", { x: x(place), y: ABOVE + HIGH + BELOW - 3, "text-anchor": anchor }, slices[place]));
  return root;
}

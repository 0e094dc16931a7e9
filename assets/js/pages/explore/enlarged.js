/* A panel of Explore enlarged by a double click or the key F: one Plotly figure, on which the pointer works too. */
import { allowed } from "../../data/guidance_requests.js";
import { isForOthers } from "../../viewer/keys.js";
import { DARK, LIGHT, ZOOM_GAP } from "../../viewer/marks.js";
import * as pointer from "../../viewer/pointer.js";
import { pace } from "./pace.js";
import { byId } from "../../components/elements.js";

/** @type {any} */
let page = null;
/** @type {Panel[]} */
let panels = [];
/** @type {Panel | null} */
let panel = null; // which is enlarged
/** @type {Panel | null} */
let under = null; // the panel under the pointer
let asked = { text: "", serial: 0, patience: 0 }; // what the figure was asked to show
let timer = 0;

/** @type {(explore: object, all: Panel[]) => void} */
export function attach(explore, all) {
  page = explore;
  panels = all;
  for (const each of panels) {
    onDoubleClick(each.plot, () => toggle(each));
    each.plot.addEventListener("pointerenter", () => { under = each; });
    each.plot.addEventListener("pointerleave", () => { if (under === each) under = null; });
  }
  onDoubleClick(byId("enlarged-place"), close);
  byId("enlarged-close").addEventListener("click", close);
  document.addEventListener("keydown", typed, true);
}

/** Plotly covers the page while a button is down, so that no `dblclick` comes from its figures.
    @type {(place: HTMLElement, act: () => void) => void} */
function onDoubleClick(place, act) {
  place.addEventListener("mousedown", ({ detail, button, target }) => {
    if (detail !== 2 || button !== 0 || /** @type {Element} */ (target).closest(".modebar")) return;
    document.addEventListener("mouseup", () => setTimeout(act), { capture: true, once: true });
  }, true);
}

/** @type {(event: KeyboardEvent) => void} */
function typed(event) {
  if (isForOthers(event)) return;
  const isF = event.key === "f" || event.key === "F";
  if (!(isF || (event.key === "Escape" && panel))) return;
  const chosen = under || panels.find(({ plot }) => plot.contains(document.activeElement));
  if (!panel && !chosen) return;
  event.preventDefault();
  event.stopImmediatePropagation(); // Escape closes the panel, and releases the pixel the next time
  if (panel) close();
  else if (chosen) open(chosen);
}

/** @type {(each: Panel) => void} */
const toggle = (each) => (panel === each ? close() : open(each));

/** @type {(each: Panel) => void} */
function open(each) {
  panel = each;
  cover();
  byId("enlarged").hidden = false;
  byId("panels").classList.add("enlarging");
  name();
  byId("enlarged-close").focus({ preventScroll: true });
  page.rest();
}

/** What stands there is of another view or another panel: it is hidden until what is asked for next is here. */
export function cover() {
  asked = { text: "", serial: 0, patience: pace.late };
  clearTimeout(timer);
  byId("enlarged").classList.add("covered");
  if (panel) entitle("");
}

/** What the panel is called until its figure is here, which tells its title itself. */
export function name() {
  if (panel) entitle(panel.plot.getAttribute("aria-label") || "");
}

/** @type {(words: string) => void} */
const entitle = (words) => { byId("enlarged-title").textContent = `${panel?.root.dataset.letter ?? ""} ${words}`.trim(); };

const isCovered = () => byId("enlarged").classList.contains("covered");

function close() {
  if (!panel) return;
  const { plot } = panel, hadFocus = byId("enlarged").contains(document.activeElement);
  panel = null;
  clearTimeout(timer);
  byId("enlarged").hidden = true;
  byId("panels").classList.remove("enlarging");
  dash_clientside.set_props("enlarged-panel", { data: null });
  if (hadFocus) plot.focus({ preventScroll: true });
}

/** A pixel is committed: have the figure drawn again where it looks different now.
    @type {(data: any, guidance: Guidance | null) => void} */
export function follow(data, guidance) {
  if (!panel) return;
  const { row, col, serial, ...display } = data;
  const where = panel.picks ? [] : [row, col]; // on the others the marks alone move
  const text = JSON.stringify([panel.root.dataset.letter, display, where, Boolean(guidance && guidance.isComplete), allowed.percent]);
  if (text !== asked.text) ask(text, data, asked.patience);
}

/** @type {(text: string, data: any, patience: number) => void} */
function ask(text, data, patience) {
  asked = { text, serial: data.serial, patience };
  dash_clientside.set_props("enlarged-panel", { data: { ...data, panel: panel?.root.dataset.letter, percent: allowed.percent } });
  clearTimeout(timer);
  timer = setTimeout(() => { if (!figure()) again(); }, patience);
  arrive(data.serial);
}

/** The figure has not come: ask for it once more, and wait longer. */
function again() {
  const { patience } = asked;
  asked = { text: "", serial: 0, patience: 2 * patience };
  page.rest();
}

/** Plotly's element, once it shows what was asked for last.
    @type {() => any} */
function figure() {
  const found = /** @type {any} */ (document.querySelector("#enlarged-figure .js-plotly-plot"));
  return found && found._fullLayout && found.layout.meta && found.layout.meta.serial === asked.serial ? found : null;
}

export const isHere = () => Boolean(panel && figure()) && !isCovered();

/** @type {(serial: number) => void} */
function arrive(serial) {
  if (!panel || asked.serial !== serial) return;
  const found = figure();
  if (!found) {
    requestAnimationFrame(() => arrive(serial));
    return;
  }
  asked.patience = pace.late;
  entitle(found.layout.meta.label);
  byId("enlarged").classList.remove("covered");
  if (!found.fuseVisMarks) {
    found.fuseVisMarks = true;
    found.on("plotly_afterplot", mark); // a new figure has no marks yet
  }
  mark();
}

/** Cross-hair and window box, where the panels have them. */
export function mark() {
  if (!panel || panel.image === "scatter") return;
  const found = figure();
  const pixel = found && (panel.picks ? page.state.pixel : found.layout.meta);
  if (!pixel) return;
  const shapes = marks(pixel, page.state, panel.isZoom);
  if (JSON.stringify(shapes) === found.fuseVisShapes && (found.layout.shapes || []).length) return;
  found.fuseVisShapes = JSON.stringify(shapes);
  Plotly.relayout(found, { shapes });
}

/** As Plotly's shapes, pixel centres on whole numbers; a zoom's cross-hair leaves its middle free.
    @type {(pixel: Pixel, state: ViewerState, isZoom: boolean) => object[]} */
export function marks({ row, col }, { window: side, width, height }, isZoom) {
  const half = side / 2;
  /** @type {(at: number, length: number) => number[][]} */
  const arms = (at, length) => (isZoom
    ? [[-0.5, at - ZOOM_GAP * side], [at + ZOOM_GAP * side, length - 0.5]] : [[-0.5, length - 0.5]]);
  const line = { type: "line", line: { color: LIGHT, width: 1 } };
  const shapes = [
    ...arms(col, width).map(([x0, x1]) => ({ ...line, x0, x1, y0: row, y1: row })),
    ...arms(row, height).map(([y0, y1]) => ({ ...line, x0: col, x1: col, y0, y1 })),
    { type: "rect", x0: col - half, x1: col + half, y0: row - half, y1: row + half, line: { color: LIGHT, width: 1.5 } },
  ];
  const halos = shapes.map((each) => ({ ...each, line: { color: DARK, width: each.line.width + 2 } }));
  return [...halos, ...shapes]; // one of the two is seen on any colour
}

// ---- called by Dash

/** @type {(found: any) => Pixel | null} */
function pixelIn(found) {
  const point = found && found.points && found.points[0], { width, height } = page.state;
  if (!panel || !panel.picks || !point || !isHere()) return null;
  const row = Math.round(point.y), col = Math.round(point.x);
  return row >= 0 && row < height && col >= 0 && col < width ? { row, col } : null;
}

/** The pointer moves over the figure: its pixel's Jacobian is asked for, as over the panel itself.
    @type {(found: any) => void} */
export function hovered(found) {
  const pixel = pixelIn(found), { manner, isPinned } = page.state;
  if (pixel && manner === "follow" && !isPinned) page.point(pixel);
}

/** @type {(found: any) => void} */
export function clicked(found) {
  const pixel = pixelIn(found);
  if (pixel) pointer.press(page, pixel);
}

/* A viewer's hands: the wheel zooms about the pointer, a drag with the middle button or with Space pans, one with the right
   button changes window and level, or γ; 0 resets. All
   panels of a page follow. The wheel with Alt belongs to the slices: see cases/case_keys.js. */
import * as intensity from "./intensity.js";
import { isForOthers } from "./keys.js";
import { WHOLE, panned, placing, pointAt, revealing, zoomed } from "./view_transform.js";

/** Offered sides of what zooms show, in pixels; as in dashboard/option_values.py. */
export const ZOOM_SIZES = [11, 21, 31, 41, 61, 81];
const BY_NOTCH = 1.25; // how much larger a notch of the wheel makes the image
const NOTCH = 100, LINE = 33; // pixels of a wheel's notch and line, as browsers have them
const MOST_NOTCHES = 3; // that one event counts for

/** @typedef {{ panel: Panel, viewer: Pointed, isPan: boolean, x: number, y: number, moved: number }} Drag */

/** @type {Drag | null} */
let drag = null;
/** @type {Panel | null} */
let under = null; // the panel under the pointer
let isSpace = false; // Space is held
let turned = 0; // notches towards the next size

/** Listen to the keys.
    @type {(viewer: Pointed) => void} */
export function attach(viewer) {
  document.addEventListener("keydown", (event) => typed(event, viewer));
  document.addEventListener("keyup", (event) => { if (event.key === " ") isSpace = false; });
  window.addEventListener("blur", () => { isSpace = false; });
}

/** Listen on panels; has to be done before anybody else listens, as a drag is nobody else's.
    @type {(panels: Panel[], viewer: Pointed) => void} */
export function watch(panels, viewer) {
  for (const panel of panels.filter(({ image }) => image !== "scatter")) {
    const { plot } = panel;
    plot.addEventListener("pointerenter", () => { under = panel; });
    plot.addEventListener("pointerleave", () => { if (under === panel) under = null; });
    plot.addEventListener("wheel", (event) => wheeled(panel, viewer, event), { passive: false });
    plot.addEventListener("mousedown", (event) => { if (isPan(event)) event.preventDefault(); }, true); // the browser would scroll
    plot.addEventListener("contextmenu", (event) => event.preventDefault());
    plot.addEventListener("pointerdown", (event) => pressed(panel, viewer, event), true);
    plot.addEventListener("pointermove", moved, true);
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) plot.addEventListener(name, released, true);
  }
}

/** @type {(panel: Panel) => DOMRect} */
const frameOf = ({ plot }) => plot.getBoundingClientRect();

/** Show the image by another view, in the next frame, and have the address follow.
    @type {(viewer: Pointed, view: View) => void} */
function show(viewer, { magnification, centre }) {
  Object.assign(viewer.state, { magnification, centre });
  viewer.draw();
  viewer.rest();
}

/** A pixel was chosen without the pointer: bring it into sight.
    @type {(viewer: Pointed) => void} */
export function reveal(viewer) {
  const { state } = viewer, panel = viewer.panels().find(isWhole);
  if (!panel || !state.asked || !state.centre) return;
  const view = revealing(state, state, frameOf(panel), state.asked);
  if (view !== state) show(viewer, view);
}

/** @type {(panel: Panel) => boolean} */
const isWhole = ({ isZoom, image, plot }) => !isZoom && image !== "scatter" && plot.clientWidth > 0;

// ---- the wheel

/** @type {(panel: Panel, viewer: Pointed, event: WheelEvent) => void} */
function wheeled(panel, viewer, event) {
  const { state } = viewer;
  if (!state.width || event.altKey) return;
  event.preventDefault();
  const notches = notchesOf(event);
  if (panel.isZoom) {
    steps(notches, (by) => resize(viewer, by));
  } else {
    const { left, top, width, height } = frameOf(panel);
    show(viewer, zoomed(state, state, { width, height }, event.clientX - left, event.clientY - top, BY_NOTCH ** -notches));
  }
}

/** How far the wheel was turned towards its user, in notches.
    @type {(event: WheelEvent) => number} */
function notchesOf({ deltaX, deltaY, deltaMode }) {
  const pixels = (deltaY || deltaX) * (deltaMode === 1 ? LINE : deltaMode === 2 ? NOTCH : 1); // with Shift it goes sideways
  return Math.min(Math.max(pixels / NOTCH, -MOST_NOTCHES), MOST_NOTCHES);
}

/** Act once for every whole notch, however finely the wheel tells of them.
    @type {(notches: number, act: (by: number) => void) => void} */
function steps(notches, act) {
  turned = Math.sign(notches) === Math.sign(turned) ? turned + notches : notches;
  for (; Math.abs(turned) >= 1; turned -= Math.sign(turned)) act(Math.sign(turned));
}

/** The next larger or smaller zoom size.
    @type {(viewer: Pointed, by: number) => void} */
function resize({ prefix, state }, by) {
  const size = ZOOM_SIZES[ZOOM_SIZES.indexOf(state.window) + by];
  if (!size) return;
  state.window = size; // the control follows; the next notch goes on from here
  dash_clientside.set_props(`${prefix}window`, { value: String(size) });
}

// ---- dragging

/** @type {(event: MouseEvent) => boolean} */
const isPan = ({ button }) => button === 1 || (button === 0 && isSpace);

/** @type {(panel: Panel, viewer: Pointed, event: PointerEvent) => void} */
function pressed(panel, viewer, event) {
  if (!(isPan(event) || event.button === 2) || !viewer.state.width) return;
  event.stopImmediatePropagation();
  panel.plot.setPointerCapture(event.pointerId);
  panel.plot.classList.add("dragged");
  drag = { panel, viewer, isPan: isPan(event), x: event.clientX, y: event.clientY, moved: 0 };
}

/** @type {(event: PointerEvent) => void} */
function moved(event) {
  if (!drag) return;
  event.stopImmediatePropagation();
  const { panel, viewer } = drag, { state } = viewer, frame = frameOf(panel);
  const right = event.clientX - drag.x, down = event.clientY - drag.y;
  Object.assign(drag, { x: event.clientX, y: event.clientY, moved: drag.moved + Math.hypot(right, down) });
  if (!drag.isPan) intensity.drag(viewer, panel, right / frame.width, down / frame.height);
  else if (!panel.isZoom && state.centre) show(viewer, panned(state, state, frame, right, down));
}

/** @type {(event: PointerEvent) => void} */
function released(event) {
  if (!drag) return;
  event.stopImmediatePropagation();
  const { panel, viewer, isPan: hasPanned, moved: by } = drag;
  panel.plot.classList.remove("dragged");
  drag = null;
  if (!hasPanned && event.type === "pointerup") intensity.drop(viewer, panel, by, event);
}

// ---- keys

/** @type {(event: KeyboardEvent, viewer: Pointed) => void} */
function typed(event, viewer) {
  if (isForOthers(event) || !viewer.state.width) return;
  if (event.key === " ") hold(event);
  else if (event.key === "0") reset(viewer);
  else if (event.key === "w" || event.key === "W") offer(event, viewer);
  else if (event.key === "+" || event.key === "=") zoomBy(viewer, BY_NOTCH);
  else if (event.key === "-") zoomBy(viewer, 1 / BY_NOTCH);
}

/** @type {(viewer: Pointed) => void} */
function reset(viewer) {
  intensity.reset(viewer);
  show(viewer, WHOLE);
}

/** The presets of the picture under the pointer, or of the one that has the focus.
    @type {(event: KeyboardEvent, viewer: Pointed) => void} */
function offer(event, viewer) {
  const panel = under ?? viewer.panels().find(({ plot }) => plot.contains(document.activeElement));
  if (!panel) return;
  event.preventDefault();
  const { left, top, width, height } = frameOf(panel);
  intensity.offer(viewer, panel, left + width / 3, top + height / 4);
}

/** Space is held over a picture, or on it: the page does not scroll.
    @type {(event: KeyboardEvent) => void} */
function hold(event) {
  const target = /** @type {Element} */ (event.target);
  if (!target.closest(".plot") && (!under || target.closest("button, a, select, summary"))) return;
  event.preventDefault();
  isSpace = true;
}

/** Zoom by a key: about the pixel, wherever it is seen.
    @type {(viewer: Pointed, factor: number) => void} */
function zoomBy(viewer, factor) {
  const { state } = viewer, panel = viewer.panels().find(isWhole);
  if (!panel || !state.pixel) return;
  const { row, col } = state.pixel, frame = frameOf(panel), seen = revealing(state, state, frame, state.pixel);
  const { x, y } = pointAt(placing(seen, state, frame), { row: row + 0.5, col: col + 0.5 });
  show(viewer, zoomed(seen, state, frame, x, y, factor));
}

/* Moving the second input by hand: a drag on a picture moves it, with Shift it turns about the image's centre; the pixel
   stays, but for the arrow keys. While it is dragged its picture follows; what a network makes of it is computed where it is let go. */
import { isForOthers } from "./keys.js";
import { placeAt, placing } from "./view_transform.js";

/** Pressed, it begins and ends moving. */
export const KEY = "m";

/** @typedef {{ right: number, down: number, angle: number }} Move */
/** What a page tells of its pair: the pictures, how the second one is moved already, and what to do with a new move.
    @typedef {{ pictures(): Pictures, move(): Move, dropped(move: Move): void, toggled(isOn: boolean): void }} Moved */
/** @typedef {{ panel: Panel, from: Pixel, start: Move, isTurn: boolean, now: Move }} Drag */

/** @type {Drag | null} */
let drag = null;
let isOn = false;
/** @type {Moved | null} */
let page = null;

export const isMoving = () => isOn;

/** Listen on panels, before anybody else does: a drag is nobody else's.
    @type {(panels: Panel[], viewer: Pointed, moved: Moved) => void} */
export function attach(panels, viewer, moved) {
  page = moved;
  for (const panel of panels.filter(({ image, isZoom }) => !isZoom && image !== "scatter")) {
    panel.plot.addEventListener("pointerdown", (event) => pressed(panel, viewer, event), true);
    panel.plot.addEventListener("pointermove", (event) => dragged(viewer, event), true);
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) panel.plot.addEventListener(name, (event) => released(viewer, event), true);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === KEY && !isForOthers(event) && viewer.state.width) toggle(viewer, !isOn);
    else if (event.key === "Escape" && drag) cancel(viewer);
  }, true);
}

/** Begin or end moving.
    @type {(viewer: Pointed, isNow: boolean) => void} */
export function toggle(viewer, isNow) {
  isOn = isNow;
  if (!isOn) cancel(viewer);
  for (const { plot } of viewer.panels()) plot.classList.toggle("moves", isOn);
  page?.toggled(isOn);
}

/** The image's centre, in pixel edges.
    @type {(state: Size) => Pixel} */
const centreOf = ({ width, height }) => ({ row: height / 2, col: width / 2 });

/** Where an event lies in the image, in pixel edges.
    @type {(panel: Panel, viewer: Pointed, event: PointerEvent) => Pixel} */
function placeOf({ plot }, { state }, { clientX, clientY }) {
  const frame = plot.getBoundingClientRect();
  return placeAt(placing(state, state, frame), clientX - frame.left, clientY - frame.top);
}

/** @type {(panel: Panel, viewer: Pointed, event: PointerEvent) => void} */
function pressed(panel, viewer, event) {
  if (!isOn || !page || event.button !== 0 || !viewer.state.width) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  panel.plot.setPointerCapture(event.pointerId);
  const start = page.move();
  drag = { panel, from: placeOf(panel, viewer, event), start, isTurn: event.shiftKey, now: start };
}

/** @type {(viewer: Pointed, event: PointerEvent) => void} */
function dragged(viewer, event) {
  if (isOn && !event.buttons) event.stopImmediatePropagation(); // the pixel stays
  if (!drag || !page) return;
  event.stopImmediatePropagation();
  const { from, start, isTurn } = drag, to = placeOf(drag.panel, viewer, event), centre = centreOf(viewer.state);
  const pivot = { row: centre.row + start.down, col: centre.col + start.right }; // where the centre was moved to
  drag.now = isTurn ? { ...start, angle: wrapped(start.angle + turned(pivot, from, to, viewer.state.aspect)) }
    : { ...start, right: start.right + to.col - from.col, down: start.down + to.row - from.row };
  const { right, down, angle } = drag.now;
  page.pictures().second.shift = { right: right - start.right, down: down - start.down, angle: angle - start.angle, about: pivot };
  viewer.draw();
}

/** Degrees clockwise from one place to another, as seen from the pivot on the screen, which is as they lie in the patient.
    @type {(pivot: Pixel, from: Pixel, to: Pixel, aspect?: number) => number} */
export function turned(pivot, from, to, aspect = 1) {
  const angle = (/** @type {Pixel} */ place) => Math.atan2((place.row - pivot.row) * aspect, place.col - pivot.col);
  return wrapped(((angle(to) - angle(from)) * 180) / Math.PI);
}

/** The same angle from -180 to 180 degrees.
    @type {(angle: number) => number} */
export const wrapped = (angle) => angle - 360 * Math.round(angle / 360);

/** The picture stays where it is until the one that is computed there comes.
    @type {(viewer: Pointed, event: PointerEvent) => void} */
function released(viewer, event) {
  if (!drag || !page) return;
  event.stopImmediatePropagation();
  if (event.type !== "pointerup") return cancel(viewer);
  const { now, start } = drag;
  drag = null;
  if (now !== start) page.dropped(now);
}

/** Nothing is moved.
    @type {(viewer: Pointed) => void} */
export function cancel(viewer) {
  drag = null;
  const { second } = page?.pictures() ?? {};
  if (!second?.shift) return;
  second.shift = null;
  viewer.draw();
}

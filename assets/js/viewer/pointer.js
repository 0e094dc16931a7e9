/* Pointer and keys: which pixel is meant, in either manner, once per frame. */
import * as jacobians from "../data/jacobians.js";
import * as hands from "./hands.js";
import { isForOthers, stepOf } from "./keys.js";
import * as panelCanvases from "./panel_canvases.js";
import { isSame } from "./pixels.js";

/** Listen to the keys and on every panel; `viewer` is told what is meant and asked what is shown.
    @type {(panels: Panel[], viewer: Pointed) => void} */
export function attach(panels, viewer) {
  watch(panels, viewer);
  hands.attach(viewer);
  document.addEventListener("keydown", (event) => typed(viewer, event));
}

/** Listen on more panels.
    @type {(panels: Panel[], viewer: Pointed) => void} */
export function watch(panels, viewer) {
  hands.watch(panels, viewer);
  for (const panel of panels.filter((each) => each.picks)) {
    panel.plot.addEventListener("pointermove", (event) => moved(panel, viewer, event), true);
    panel.plot.addEventListener("pointerdown", (event) => pressed(panel, viewer, event), true);
  }
}

/** @type {(panel: Panel, viewer: Pointed, event: PointerEvent) => void} */
function moved(panel, viewer, event) {
  const { manner, isPinned } = viewer.state;
  const isMeant = manner === "drag" ? event.buttons & 1 : !isPinned;
  const pixel = isMeant && pixelOf(panel, viewer, event);
  if (pixel) viewer.point(pixel, event.timeStamp);
}

/** @type {(panel: Panel, viewer: Pointed, event: PointerEvent) => void} */
function pressed(panel, viewer, event) {
  if (event.button !== 0) return;
  const pixel = pixelOf(panel, viewer, event);
  if (!pixel) return;
  // A drag goes on where it leaves the panel and comes back: its moves have to come here.
  panel.plot.setPointerCapture(event.pointerId);
  panel.plot.focus({ preventScroll: true });
  press(viewer, pixel, event.timeStamp);
}

/** A pixel is chosen: it is pinned, or released where it was.
    @type {(viewer: Pointed, pixel: Pixel, since?: number) => void} */
export function press(viewer, pixel, since) {
  const { asked, isPinned, manner } = viewer.state;
  const isAsked = isSame(asked, pixel);
  viewer.point(pixel, since);
  jacobians.choose();
  if (manner === "follow") viewer.pin(!(isPinned && isAsked));
  viewer.rest();
}

/** @type {(panel: Panel, viewer: Pointed, event: PointerEvent) => Pixel | null} */
const pixelOf = (panel, viewer, event) =>
  viewer.state.width ? panelCanvases.pixelAt(panel, viewer.state, event.clientX, event.clientY) : null;

/** @type {(viewer: Pointed, event: KeyboardEvent) => void} */
function typed(viewer, event) {
  if (!viewer.state.pixel || isForOthers(event)) return;
  const step = stepOf(event);
  if (event.key === "Escape") {
    viewer.pin(false);
  } else if (step) {
    event.preventDefault();
    viewer.pin(true);
    viewer.step(...step);
  }
}

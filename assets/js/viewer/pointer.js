/* Pointer and keys: which pixel is meant, in either manner, once per frame. */
import * as jacobians from "../data/jacobians.js";
import * as panelCanvases from "./panel_canvases.js";
import { isSame } from "./pixels.js";

/** Where keys belong to what has the focus. */
export const TYPING = "input, textarea, [role=slider], [role=listbox], [role=combobox], [role=radiogroup]";
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** Listen to the keys and on every panel that picks; `explore` is told what is meant and asked what is shown. */
export function attach(panels, explore) {
  watch(panels, explore);
  document.addEventListener("keydown", (event) => typed(explore, event));
}

/** Listen on more panels that pick. */
export function watch(panels, explore) {
  for (const panel of panels.filter((each) => each.picks)) {
    panel.plot.addEventListener("pointermove", (event) => moved(panel, explore, event), true);
    panel.plot.addEventListener("pointerdown", (event) => pressed(panel, explore, event), true);
  }
}

function moved(panel, explore, event) {
  const { manner, isPinned } = explore.state;
  const isMeant = manner === "drag" ? event.buttons & 1 : !isPinned;
  const pixel = isMeant && pixelOf(panel, explore, event);
  if (pixel) explore.point(pixel, event.timeStamp);
}

function pressed(panel, explore, event) {
  if (event.button !== 0) return;
  const pixel = pixelOf(panel, explore, event);
  if (!pixel) return;
  // A drag goes on where it leaves the panel and comes back: its moves have to come here.
  panel.plot.setPointerCapture(event.pointerId);
  panel.plot.focus({ preventScroll: true });
  press(explore, pixel, event.timeStamp);
}

/** A pixel is chosen: it is pinned, or released where it was. */
export function press(explore, pixel, since) {
  const { asked, isPinned, manner } = explore.state;
  const isAsked = isSame(asked, pixel);
  explore.point(pixel, since);
  jacobians.choose();
  if (manner === "follow") explore.pin(!(isPinned && isAsked));
  explore.rest();
}

const pixelOf = (panel, explore, event) =>
  explore.state.width ? panelCanvases.pixelAt(panel, explore.state, event.clientX, event.clientY) : null;

function typed(explore, event) {
  const isTyping = event.target.closest(TYPING);
  if (!explore.state.pixel || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    explore.pin(false);
  } else if (STEPS[event.key]) {
    event.preventDefault();
    const [down, right] = STEPS[event.key], by = event.shiftKey ? 10 : 1;
    explore.pin(true);
    explore.step(down * by, right * by);
  }
}

/* A panel of Compare enlarged by a double click or the key F: the same canvas over the light box, so that pointer, wheel
   and drags work on it as before. What stands above the box stays in sight: the pixel, its values, the colour bars. */
import { byId } from "../../components/elements.js";
import { isForOthers } from "../../viewer/keys.js";
import { AROUND } from "./box_layout.js";

const ENLARGED = "enlarged-picture";

/** Listen; `changed` measures and draws the panels anew.
    @type {(changed: () => void) => void} */
export function attach(changed) {
  const toggle = (/** @type {HTMLElement} */ plot) => { (plot.classList.contains(ENLARGED) ? close : open)(plot); changed(); };
  byId("compare-box").addEventListener("dblclick", (/** @type {MouseEvent} */ { target }) => {
    const plot = target instanceof Element ? target.closest(".plot") : null;
    if (plot) toggle(/** @type {HTMLElement} */ (plot));
  });
  document.addEventListener("keydown", (event) => {
    const isF = event.key === "f" || event.key === "F", large = enlarged();
    const meant = large ?? (isF ? pointedAt() : null);
    if (isForOthers(event) || !meant || !(isF || event.key === "Escape")) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the next Escape releases the pixel
    toggle(meant);
  }, true);
}

const enlarged = () => /** @type {HTMLElement | null} */ (document.querySelector(`#compare-box .${ENLARGED}`));

/** The panel under the pointer, else the one with the focus.
    @type {() => HTMLElement | null} */
const pointedAt = () => document.querySelector("#compare-box .plot:hover") ?? document.activeElement?.closest("#compare-box .plot") ?? null;

/** @type {(plot: HTMLElement) => void} */
function open(plot) {
  const before = enlarged();
  if (before) close(before);
  plot.style.setProperty("--enlarged-ratio", String(plot.clientWidth / plot.clientHeight));
  plot.style.setProperty("--enlarged-top", `${Math.round(byId("compare-box").getBoundingClientRect().top) + AROUND.head}px`);
  plot.classList.add(ENLARGED);
}

/** @type {(plot: HTMLElement) => void} */
const close = (plot) => plot.classList.remove(ENLARGED);

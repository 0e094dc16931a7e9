/* The light box: which rows stand there, how large the pictures are in the room that the screen has, what is said of it,
   and the drawer of metrics below. */
import { byId, put } from "../../components/elements.js";
import { drawnSize } from "../../viewer/view_transform.js";
import * as boxLayout from "./box_layout.js";
import * as rows from "./rows.js";

const BAR = 12; // of scrolling
const OWN_BAR = 26; // height of a column's own colour bar
const NO_PICTURE = { width: 256, height: 256 }; // while none is opened

/** Lay the box out for what is shown; whether the pictures have another size than before. `note` tells how far below 1:1.
    @type {(state: ViewerState, note: Element) => boolean} */
export function arrange(state, note) {
  const box = byId("compare-box"), grid = byId("compare-grid");
  rows.show(grid, state.rows);
  state.shown = new Set(rows.imagesOf(state.rows));
  for (const kind of ["guidance", "jacobian", "difference"]) {
    byId("compare-legend").querySelector(`[data-kind=${kind}]`).hidden = !state.isShared || ![...state.shown].some((image) => image.startsWith(kind));
  }
  const picture = state.width ? drawnSize(state) : NO_PICTURE;
  const found = boxLayout.cellsFor({
    room: { width: box.offsetWidth - BAR, height: box.offsetHeight - BAR },
    networks: Math.max(state.networks.length, 1), each: state.zooms ? 2 : 1, rows: Math.max(state.shown.size, 1),
    below: figuresHeight(grid) + (state.isShared ? 0 : OWN_BAR * 3), picture, ratio: window.devicePixelRatio || 1,
    isWhole: state.cells === "whole",
  });
  grid.classList.toggle("stacked", found.isStacked);
  put(note, boxLayout.note(found.scale, state.aspect));
  const sizes = { "--cell-w": `${found.width}px`, "--cell-h": `${found.height}px` };
  const isOther = Object.entries(sizes).some(([name, size]) => grid.style.getPropertyValue(name) !== size);
  for (const [name, size] of Object.entries(sizes)) grid.style.setProperty(name, size);
  return isOther;
}

/** What figures take below the pictures, where they are ticked.
    @type {(grid: Element) => number} */
const figuresHeight = (grid) =>
  Math.max(0, ...[.../** @type {NodeListOf<HTMLElement>} */ (grid.querySelectorAll(".row-figures"))].map((each) => each.offsetHeight));

// ---- the drawer

/** Let the button, its own and Escape open and close the metrics. */
export function attachDrawer() {
  byId("compare-metrics").addEventListener("click", () => toggle(byId("compare-drawer").hidden));
  byId("compare-drawer-close").addEventListener("click", () => toggle(false));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || byId("compare-drawer").hidden) return;
    event.stopImmediatePropagation(); // the next one releases the pixel
    toggle(false);
  }, true);
}

/** @type {(isOpen: boolean) => void} */
function toggle(isOpen) {
  const drawer = byId("compare-drawer"), button = byId("compare-metrics");
  const hadFocus = drawer.contains(document.activeElement);
  drawer.hidden = !isOpen;
  button.setAttribute("aria-expanded", String(isOpen));
  if (hadFocus) button.focus();
}

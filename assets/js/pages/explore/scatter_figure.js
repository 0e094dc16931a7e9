/* The scatterplot's Plotly figure on Explore: drawn once guidance is finished, marked wherever the pixel rests. */
import { isSame } from "../../viewer/pixels.js";
import { pace } from "./pace.js";

/** @type {any} */
let page = null;
/** @type {any} */
let panel = null;
/** @type {Record<string, any> | null} */
let drawn = null; // of which view and pixel the figure is: {pair, network, row, col, window}
let asked = { of: "", until: 0, patience: 0 }; // which view a figure was asked of, and how long it is waited for

/** @type {(explore: object, panels: Panel[]) => void} */
export function attach(explore, panels) {
  page = explore;
  panel = panels.find(({ image }) => image === "scatter");
}

/** Over the figure the canvas stands while the pointer moves, and as long as the figure is of something else. */
export function cover() {
  if (panel) panel.canvas.hidden = false;
}

/** @type {(view: { pair: string, network: string }) => boolean} */
const isOf = ({ pair, network }) => drawn !== null && drawn.pair === pair && drawn.network === network;

/** Whether nothing is left to be drawn: the figure is of this pixel, or guidance is not finished. */
export function isCurrent() {
  const { view, guidance } = page.shown();
  if (!guidance || !guidance.isComplete) return true;
  return isOf(view) && isAt(page.state);
}

/** @type {(state: ViewerState) => boolean} */
const isAt = ({ pixel, window: side }) =>
  drawn !== null && isSame(/** @type {any} */ (drawn), pixel) && drawn.window === side;

/** A pixel is committed: have its figure, or its marks where the figure is there.
    @type {(data: any, guidance: Guidance | null) => void} */
export function follow(data, guidance) {
  if (!guidance || !guidance.isComplete) return;
  if (isOf(data)) {
    if (!isAt(page.state)) dash_clientside.set_props("scatter-pixel", { data });
    else uncover();
    return;
  }
  const of = `${data.pair} ${data.network}`, now = performance.now();
  if (asked.of === of && now < asked.until) return;
  const patience = asked.of === of ? 2 * asked.patience : pace.late;
  asked = { of, patience, until: now + patience };
  dash_clientside.set_props("scatter-view", { data });
}

/** The server's figure, or its marks, have arrived.
    @type {(found: any) => void} */
export function take(found) {
  const { view } = page.shown();
  if (!found) return;
  drawn = found;
  asked = { of: "", until: 0, patience: 0 };
  if (view && isOf(view) && isAt(page.state)) return uncover();
  if (!view || !isOf(view)) drawn = null; // marks of another view may lie on this one's figure: it is drawn anew
  cover();
  page.rest();
}

/** Show the figure as soon as Plotly has drawn it, unless something has moved meanwhile. */
function uncover() {
  const { view } = page.shown();
  if (!view || !isOf(view) || !isAt(page.state)) return;
  if (page.state.brush) return;
  if (isDrawn(view)) panel.canvas.hidden = true;
  else requestAnimationFrame(uncover);
}

/** Whether what Plotly shows is the view's figure, not the one before, which stays until it is replaced.
    @type {(view: { pair: string, network: string }) => boolean} */
function isDrawn({ pair, network }) {
  const found = /** @type {any} */ (document.querySelector("#scatter .js-plotly-plot"));
  if (!found || !found._fullLayout || !found.querySelector(".main-svg")) return false;
  const { meta } = found.layout;
  return Boolean(meta) && meta.pair === pair && meta.network === network;
}

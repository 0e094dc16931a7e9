/* The committed path of Explore: once nothing moves, the server and the address are told where the pixel is.

   What was lost on the way is asked for again, each time after twice as long: an answer that takes long must not be
   given up for a new question again and again, as Dash drops what it has asked before. */
import * as address from "../../components/address.js";
import { isSame } from "../../viewer/pixels.js";
import { addressOf as levelWords } from "../../imaging/levels.js";
import { wordsOf as viewWords } from "../../viewer/view_transform.js";
import * as enlarged from "./enlarged.js";
import { pace } from "./pace.js";
import * as readout from "./readout.js";
import * as scatterFigure from "./scatter_figure.js";

/** @type {any} */
let page = null;
let againTimer = 0;
let serial = 0;
let late = 0; // how long to wait for this answer

/** `explore` is asked what is shown.
    @type {(explore: object) => void} */
export function attach(explore) {
  page = explore;
}

/** Commit the same pixel again after a while, unless its answers have come by then.
    @type {(ms: number) => void} */
function again(ms) {
  clearTimeout(againTimer);
  againTimer = setTimeout(() => page.settle(true), ms);
}

/** The viewer has settled on the pixel: tell the server; `isAgain` where its answers have not come.
    @type {(isAgain: boolean) => void} */
export function commit(isAgain) {
  const { state } = page, { view, guidance } = page.shown();
  if (!view) return;
  const data = wordsOf(view, state);
  const { serial: last, levels, ...words } = data;
  const { brush } = state, region = brush?.word ? { region: brush.word } : {};
  address.write({ ...words, manner: state.manner, zooms: state.zooms, ...viewWords(state), ...levelWords(state.levels), ...region });
  dash_clientside.set_props("commit", { data });
  scatterFigure.follow(data, guidance);
  enlarged.follow(data, guidance);
  late = isAgain ? 2 * late : pace.late;
  again(late);
}

/** @type {(view: { pair: string, network: string }, state: ViewerState) => Record<string, any>} */
function wordsOf({ pair, network }, { pixel, window: side, gamma1, gamma2, display, colormap, color, light, levels }) {
  serial += 1;
  return {
    pair, network, ...pixel, window: side, gamma1, gamma2, display, colormap, color, light, serial,
    levels: levelWords(levels).levels ?? "",
  };
}

/** The read-out of a committed pixel has arrived; that of another pixel or window is of no use.
    @type {(found: any) => void} */
export function settle(found) {
  const { state } = page, { view, guidance } = page.shown();
  if (!found || !view || !isSame(found, state.pixel)) return;
  if (found.pair !== view.pair || found.network !== view.network || found.window !== state.window) return;
  clearTimeout(againTimer);
  readout.correlate(found.correlation);
  if (!guidance || !guidance.isComplete) return; // followed by a commit once it is
  if (!found.correlation) page.sharpen(); // the server holds it no more
  if (!found.correlation || !found.correlation.all) again(pace.later);
  else if (!scatterFigure.isCurrent()) again(pace.late);
}

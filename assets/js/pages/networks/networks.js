/* Networks in the browser: the choices, the address, and when to ask again. See dashboard/pages/networks/layout.py. */
import * as address from "../../components/address.js";
import { installTables } from "../../imaging/colormap.js";
import * as inside from "./inside.js";

const AGAIN = 1500; // ms until what is not whole is asked for again

/** @type {Record<string, any>} */
export const state = { pair: null, network: null, view: 0, item: 0, sort: "listed", scale: "view", colormap: "viridis" };
let isOpen = false;
/** @type {Record<string, number>} */
const asking = {}; // timers, by what is asked for again

/** Take over the controls' values; returns the colour scheme.
    @type {(pair: string, network: string, sort: string, scale: string, colormap: string, light: boolean, start: any, tables: Record<string, string>) => string} */
export function configure(pair, network, sort, scale, colormap, light, start, tables) {
  const scheme = light ? "light" : "dark";
  if (!start) return scheme; // the address has not been read yet
  const isOther = pair !== state.pair || network !== state.network;
  if (!isOpen) {
    installTables(tables);
    isOpen = true;
    Object.assign(state, { view: start.view, item: start.item });
  } else if (network !== state.network) {
    Object.assign(state, { view: 0, item: 0 });
  }
  Object.assign(state, { pair, network, sort, scale, colormap, light });
  document.querySelector(".networks")?.classList.toggle("light", light);
  writeAddress();
  if (isOther) inside.open(state, look);
  else inside.redraw();
  return scheme;
}

/** Another view or picture is looked at.
    @type {(view: number, item: number) => void} */
function look(view, item) {
  Object.assign(state, { view, item });
  writeAddress();
}

/** Words of other pages stay: the way back to Explore leads to the same pixel. */
function writeAddress() {
  const { pair, network, view, item, sort, scale, colormap, light } = state;
  address.write({ pair, network, view, item, sort, scale, colormap, light }, address.words());
}

/** What `tick` stands for is not whole yet: ask for it again in a moment.
    @type {(tick: string, told?: { waiting?: boolean } | null) => void} */
export function again(tick, told) {
  clearTimeout(asking[tick]);
  if (told && told.waiting) asking[tick] = setTimeout(() => dash_clientside.set_props(tick, { data: Date.now() }), AGAIN);
}

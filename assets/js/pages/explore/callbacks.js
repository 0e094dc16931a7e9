/* What Dash calls of Explore in the browser. */
import * as explore from "./explore.js";

export { configure, go } from "./explore.js";
export { choose } from "../../viewer/opening_note.js";
export { settle } from "./commits.js";
export { take as scattered } from "./scatter_figure.js";
export { hovered, clicked } from "./enlarged.js";

/** @type {(view: any, start: any) => void} */
export function open(view, start) {
  if (view) explore.open(view, start);
}

/** Whether the switch for colour has nothing to switch.
    @type {(view: any) => unknown} */
export function colorless(view) {
  if (view && view.refused) return dash_clientside.no_update;
  return Boolean(view) && !view.has_color;
}

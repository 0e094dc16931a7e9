/* What Dash calls of Explore in the browser. */
import * as chosenView from "./chosen_view.js";
export { configure, go } from "./explore.js";
export { settle } from "./commits.js";
export { take as scattered } from "./scatter_figure.js";
export { hovered, clicked } from "./enlarged.js";

/** A pair and a network stand in the lists, also as the page is sent, whose time `begun` is; called by Dash.
    @type {(pair: string | null, network: string | null, begun: number, pixel: Partial<Pixel> | null) => void} */
export const choose = (pair, network, begun, pixel) => chosenView.choose(pair, network, pixel);

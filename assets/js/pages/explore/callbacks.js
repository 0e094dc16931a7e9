/* What Dash calls of Explore in the browser. */
export { choose } from "./chosen_view.js";
export { configure, go } from "./explore.js";
export { settle } from "./commits.js";
export { take as scattered } from "./scatter_figure.js";
export { hovered, clicked } from "./enlarged.js";

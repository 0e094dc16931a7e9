/* What Dash calls of Compare in the browser. */
export { configure, go, subtract } from "./compare.js";

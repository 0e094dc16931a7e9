/* What Dash calls of Compare in the browser. */
export { configure, go, refer } from "./compare.js";

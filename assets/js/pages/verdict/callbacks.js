/* What Dash calls of Verdict in the browser. */
export { configure, pick, settle } from "./details.js";

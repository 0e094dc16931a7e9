/* What Dash calls of Verdict in the browser. */
export { again } from "./rows.js";
export { configure, pick, settle } from "./details.js";

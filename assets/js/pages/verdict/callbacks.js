/* What Dash calls of Verdict in the browser. */
export { choose } from "../../viewer/opening_note.js";
export { again } from "./rows.js";
export { configure, pick, settle } from "./details.js";

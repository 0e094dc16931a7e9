/* What Dash calls of Questions in the browser. */
export { configure, pick, settle } from "./questions.js";

/* What Dash calls of the case browser. */
export { follow } from "./case_strip.js";

/* What Dash calls of Regions in the browser. */
export { attach, settle } from "./regions.js";

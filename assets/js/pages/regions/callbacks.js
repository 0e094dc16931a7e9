/* What Dash calls of Regions in the browser. */
export { attach, refused, settle } from "./regions.js";

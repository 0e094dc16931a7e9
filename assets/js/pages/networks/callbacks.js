/* What Dash calls of Networks in the browser. */
import { again as askAgain } from "./networks.js";

export { configure } from "./networks.js";

/** @type {(told: any) => void} */
export const again = (told) => askAgain("net-field-tick", told);

/** @type {(told: any) => void} */
export const examined = (told) => askAgain("net-examination-tick", told);

/* What Dash calls of the case browser. */
import { isOutdated, withChanged } from "./changed_pair.js";

export { follow } from "./case_strip.js";

/** The choice of pairs beside what is chosen; called by Dash.
    @type {(pair: string | null, data: any[]) => unknown} */
export const offered = (pair, data) => (pair && isOutdated(pair, data) ? withChanged(pair, data) : dash_clientside.no_update);

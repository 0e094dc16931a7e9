/* What Dash calls of the case browser. */
import * as caseStrip from "./case_strip.js";
import { lastGiven, listFor, offers } from "./case_strip.js";
import { typedQuery } from "./pair_options.js";

/** The page shows a pair through these networks, or is about to; called by Dash.
    @type {(inView: string | string[], pair: string) => Promise<void>} */
export function follow(inView, pair) {
  caseStrip.chosenThere(pair);
  return caseStrip.follow(pair, inView);
}

let latest = ""; // that was chosen

/** The choice of pairs, for what is chosen and for what is typed into it; called by Dash.
    @type {(pair: string | null, text: string | null, isTyped: boolean) => Promise<unknown>} */
export async function offered(pair, text, isTyped) {
  if (!pair) return dash_clientside.no_update;
  // Another name than the pair's own, which nobody types: one was chosen from the list, and its value is on the way. Others
  // to offer, in between, would have the old value back, and the two would take turns for ever.
  if (!isTyped && pair === latest && typedQuery(lastGiven(), pair, text ?? "")) return dash_clientside.no_update;
  latest = pair;
  await listFor(pair);
  const query = isTyped ? typedQuery(lastGiven(), latest, text ?? "") : "";
  return offers(latest, query) ? lastGiven() : dash_clientside.no_update;
}

/* The pair and the network that are chosen: their view is asked for with its pictures; the latest choice alone counts.

   The case browser shows a pair before it stands in the list: what Dash does with a choice takes longer than the pictures
   and their first Jacobian. Once they are there, the list follows. */
import * as caseStrip from "../../cases/case_strip.js";
import * as address from "../../components/address.js";
import { alertOf } from "../../components/elements.js";
import * as wire from "../../data/wire.js";
import * as openingNote from "../../viewer/opening_note.js";
import { largestSide } from "../../viewer/panel_size.js";

/** @typedef {{ pair: string, network: string }} Choice */
/** What a view was asked for with: for panels of which size, the pixel of the address, whether though it is shown.
    @typedef {{ side: number, pixel: Partial<Pixel> | null, isAnew: boolean }} Wish */
/** `opened` is given the answer, `failed` what was chosen and cannot be asked for.
    @typedef {{ opened: (message: Message, wish: Wish) => void, failed: (choice: Choice, error: Error) => void }} Page */

const PATIENCE = 250; // ms that the list waits for the pictures

/** @type {Page | null} */
let page = null;
/** @type {Choice | null} */
let chosen = null; // what was asked for last
/** @type {Choice | null} */
let early = null; // what was asked for before it stands in the lists
let isEarlyShown = () => {};
let isColorless = false; // the switch for colour has nothing to switch
let warning = ""; // why a choice is not shown

/** @type {(shown: Page) => void} */
export function attach(shown) {
  page = shown;
  caseStrip.showsFirst(showFirst);
}

/** Let the address name a choice from the beginning: who goes to another page before it is shown finds it there.
    @type {(choice: Choice) => void} */
const name = (choice) => address.write(choice, address.words());

/** A pair and a network stand in the lists.
    @type {(pair: string | null, network: string | null, pixel?: Partial<Pixel> | null) => void} */
export function choose(pair, network, pixel = null) {
  openingNote.choose(pair, network);
  if (!pair || !network) return;
  const isAsked = early === chosen && early?.pair === pair && early?.network === network;
  early = null;
  if (isAsked) return;
  name({ pair, network });
  ask({ pair, network }, pixel);
}

/** Show a pair that is about to stand in the list; answers once its first Jacobian is painted, or after `PATIENCE`.
    @type {(pair: string) => Promise<void>} */
function showFirst(pair) {
  if (!chosen) return Promise.resolve();
  const choice = early = { pair, network: chosen.network };
  openingNote.choose(choice.pair, choice.network);
  name(choice);
  ask(choice);
  return new Promise((resolve) => {
    isEarlyShown = () => requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, PATIENCE);
  });
}

/** A Jacobian of a pair is shown.
    @type {(pair: string) => void} */
export function answered(pair) {
  if (pair === early?.pair) isEarlyShown();
}

/** The lists go back to what is shown: nothing is asked for, and what is said of the other choice stays.
    @type {(choice: Choice) => void} */
export function goBack(choice) {
  chosen = early = choice;
  name(choice);
  for (const [list, value] of Object.entries(choice)) dash_clientside.set_props(list, { value });
}

/** Ask for a view with its pictures.
    @type {(choice: Choice, pixel?: Partial<Pixel> | null, isAnew?: boolean) => Promise<void>} */
export async function ask(choice, pixel = null, isAnew = false) {
  const mine = chosen = choice, wish = { side: largestSide(), pixel, isAnew };
  let message;
  try {
    message = await wire.ask("explore/view", { ...choice, side: wish.side });
  } catch (error) {
    if (mine !== chosen) return;
    early = null; // where it comes to stand in the lists, it is asked for again
    page?.failed(choice, /** @type {Error} */ (error));
    return;
  }
  if (mine !== chosen) return;
  const { view } = message.about;
  if (view.refused) early = null;
  else offerColor(Boolean(view.has_color));
  if (view.refused || !isAnew) warn(view.refused ?? "");
  page?.opened(message, wish);
}

/** Say why a choice is not shown, or nothing any more.
    @type {(sentence: string) => void} */
function warn(sentence) {
  if (sentence !== warning) dash_clientside.set_props("view-problem", { children: alertOf(sentence) });
  warning = sentence;
}

/** The switch for colour is there for pairs that have any.
    @type {(hasColor: boolean) => void} */
function offerColor(hasColor) {
  if (isColorless === !hasColor) return;
  isColorless = !hasColor;
  dash_clientside.set_props("color", { disabled: isColorless });
}

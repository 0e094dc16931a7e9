/* What is said of Jacobians that take long: how to ask for one, how long it still takes, and how to give it up. */
import * as jacobians from "../data/jacobians.js";
import { make, put } from "../components/elements.js";

/** @typedef {Pixel & { network?: string, again?: number, spent: number, expected: number | null, shared?: number | null }} Absent */

/** @type {HTMLElement | null} */
let place = null; // the note over the page, made when there is first something to say

/** `absent`: what the server says of each Jacobian that is not there; `state` is the page's. While one is computed the
    last exact one stands greyed. `released` is called when the reader has given it up.
    @type {(absent: Absent[], state: ViewerState, released: () => void) => void} */
export function show(absent, state, released) {
  const begun = absent.filter(({ again }) => again), told = begun.length ? begun : absent;
  // While one is waited for, the pointer may move over others that nobody asked for.
  if (!begun.length && document.body.classList.contains("awaiting")) return;
  if (!place) place = built();
  place.hidden = false;
  const [said, giveUp] = /** @type {any} */ (place.children);
  put(said, told.map(sentence).join(" "));
  giveUp.hidden = !begun.length;
  giveUp.onclick = () => {
    jacobians.cancel();
    clear();
    state.asked = state.pixel; // so that the same pixel can be asked for again
    released();
  };
  document.body.classList.toggle("awaiting", begun.length > 0);
}

/** Everything that was asked for is there, or given up. */
export function clear() {
  document.body.classList.remove("awaiting");
  if (place) place.hidden = true;
}

/** @type {() => HTMLElement} */
function built() {
  const note = make("div", { class: "awaited", role: "status" }, make("span"), make("button", { type: "button", text: "Cancel" }));
  document.querySelector(".explore, .compare")?.append(note);
  return note;
}

/** How to ask for a Jacobian, or how long one that was asked for still takes; `expected` is null before the first,
    `shared` how much is there of what all pixels of the pair share, while that is found.
    @type {(absent: Absent) => string} */
export function sentence({ network, row, col, again, spent, expected, shared = null }) {
  const who = network ? `${network}: ` : "";
  if (!again) {
    const time = expected === null ? "" : ` and takes about ${seconds(expected)} a pixel`;
    return `${who}${network ? "looks" : "This network looks"} at the whole image${time}: click a pixel, or rest on it.`;
  }
  const what = `${who}${network ? "" : `Jacobian of row ${row}, column ${col}: `}${Math.round(spent)} s so far`;
  if (shared !== null) return `${what}; ${Math.round(100 * shared)} % of what all pixels share, found once for this pair.`;
  const left = expected !== null && spent < expected ? `, about ${seconds(expected - spent)} to go` : ", longer than the one before";
  return `${what}${expected === null ? "" : left}.`;
}

/** @type {(count: number) => string} */
const seconds = (count) => (count < 90 ? `${Math.max(Math.round(count), 1)} s` : `${Math.round(count / 60)} min`);

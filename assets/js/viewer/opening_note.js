/* What was chosen and is not shown yet: until it is, a note says so and the pictures are hatched. */
import { make, put } from "../components/elements.js";

/** @typedef {{ pair: string, network: string }} Choice */

/** @type {Choice | null} */
let chosen = null; // what the lists say
/** @type {Choice | null} */
let told = null; // the choice of which the page says something: its pictures, that it is measured, that it is refused
/** @type {HTMLElement | null} */
let note = null;

/** Another pair or network stands in the lists.
    @type {(pair: string | null, network: string | null) => void} */
export function choose(pair, network) {
  chosen = pair && network ? { pair, network } : null;
  update();
}

/** The page shows a choice, or says what keeps it from that; null: whatever was chosen.
    @type {(choice: Choice | null) => void} */
export function tell(choice) {
  told = choice ?? chosen;
  update();
}

function update() {
  const isOpening = chosen !== null && (chosen.pair !== told?.pair || chosen.network !== told?.network);
  document.body.classList.toggle("opening", isOpening);
  note ??= built();
  put(/** @type {HTMLElement} */ (note.firstElementChild), isOpening ? `Opening ${chosen?.pair} through ${chosen?.network} …` : "");
}

/** @type {() => HTMLElement} */
function built() {
  const made = make("div", { class: "opening-note", role: "status" }, make("span"));
  document.querySelector(".page")?.append(made);
  return made;
}

/* What is asked of the server beside a pair that is shown: how the networks stand to it, and what comes next. */
import { make } from "../components/elements.js";

const REST = 250; // ms without another pair after which the next ones are fetched ahead

let timer = 0;
let asked = ""; // what is told, or about to be

/** Say how the networks in view stand to the pair.
    @type {(place: HTMLElement, pair: string, networks: string[]) => Promise<void>} */
export async function tell(place, pair, networks) {
  const words = String(new URLSearchParams({ pair, networks: networks.join(",") }));
  if (words === asked) return;
  asked = words;
  const response = await fetch(`cases/standing?${words}`).catch(() => null);
  const told = response?.ok ? await response.json() : [];
  if (words !== asked) return;
  place.replaceChildren(...told.map((/** @type {{ network: string, note: string, warning: string }} */ { network, note, warning }) =>
    make("p", { class: warning ? "standing warns" : "standing" }, make("b", { text: network }), " ", ...unbroken(note))));
}

/** No line ends within a word with a dash, such as MRI–SPECT.
    @type {(text: string) => (string | HTMLElement)[]} */
const unbroken = (text) => text.split(/(\S+–\S+)/).map((each, at) => (at % 2 ? make("span", { class: "unbroken", text: each }) : each));

/** Let the server open these pairs through the networks, one after the other, once nothing moves.
    @type {(pairs: string[], networks: string[], opened: () => void) => void} */
export function openAhead(pairs, networks, opened) {
  clearTimeout(timer);
  timer = setTimeout(() => open(pairs, networks, timer, opened), REST);
}

/** @type {(pairs: string[], networks: string[], mine: number, opened: () => void) => Promise<void>} */
async function open(pairs, networks, mine, opened) {
  for (const pair of pairs) {
    if (mine !== timer) return; // another pair is shown by now
    await fetch(`cases/ahead?${new URLSearchParams({ pair, networks: networks.join(",") })}`).catch(() => null);
    opened();
  }
}

/* A pair that is moved or scaled otherwise: said above every page, with the way back. */
import { byId, make } from "../components/elements.js";
import { isChanged, plainId } from "../components/pair_changes.js";

let told = ""; // the pair that is said, or about to be

/** Say what is changed of the pair that a page shows; `back` sets the page's choice.
    @type {(pair: string, back: (pair: string) => void) => Promise<void>} */
export async function tell(pair, back) {
  if (pair === told) return;
  told = pair;
  const bar = byId("pair-change");
  show(bar, false);
  if (!isChanged(pair)) return;
  const response = await fetch(`cases/change?${new URLSearchParams({ pair })}`).catch(() => null);
  const found = response?.ok ? await response.json() : null;
  if (pair !== told || !found?.change) return;
  const words = make("span", { text: `Changed pair: ${found.change} · ${found.path}`, title: `${found.change} · ${found.path}` });
  const button = make("button", { type: "button", text: "Put back", title: "The pair as its files have it", onclick: () => back(plainId(pair)) });
  bar.replaceChildren(words, button);
  show(bar, true);
}

/** @type {(bar: HTMLElement, isShown: boolean) => void} */
function show(bar, isShown) {
  bar.hidden = !isShown;
  document.documentElement.classList.toggle("pair-changed", isShown);
}

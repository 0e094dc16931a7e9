/* From which slice of which volumes a pair is, and what was done to it: said above every page, in full where one asks. */
import { byId, make } from "../components/elements.js";

let told = ""; // the pair that is said, or about to be

/** Say where a pair is from, where it is of volumes.
    @type {(pair: string, isVolume: boolean) => Promise<void>} */
export async function tell(pair, isVolume) {
  if (pair === told) return;
  told = pair;
  if (!isVolume) { show(false); return; }
  const response = await fetch(`cases/origin?${new URLSearchParams({ pair })}`).catch(() => null);
  const found = response?.ok ? await response.json() : null;
  if (pair !== told) return;
  if (found?.short.length) fill(found.short.join(" · "), found.sentences);
  show(Boolean(found?.short.length));
}

/** @type {(short: string, sentences: string[]) => void} */
function fill(short, sentences) {
  const list = make("ul", { hidden: "" }, ...sentences.map((text) => make("li", { text })));
  const button = make("button", {
    type: "button", text: "How it was read", "aria-expanded": "false",
    onclick() {
      list.hidden = !list.hidden;
      button.setAttribute("aria-expanded", String(!list.hidden));
    },
  });
  byId("slice-origin").replaceChildren(make("span", { text: short, title: short }), button, list);
}

/** @type {(isShown: boolean) => void} */
function show(isShown) {
  byId("slice-origin").hidden = !isShown;
  document.documentElement.classList.toggle("slice-told", isShown);
}

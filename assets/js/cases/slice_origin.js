/* From which slice of which volumes a pair is, and what was done to it: said above every page, in full where one asks; and
   the sides of the patient at the borders of pictures that no viewer draws. */
import { byId, make } from "../components/elements.js";

let told = ""; // the pair that is said, or about to be

/** Say where a pair is from, where it is of volumes.
    @type {(pair: string, isVolume: boolean) => Promise<void>} */
export async function tell(pair, isVolume) {
  if (pair === told) return;
  told = pair;
  if (!isVolume) { show(false); letter({}); return; }
  byId("slice-origin").classList.add("stale"); // its words are of another slice
  const response = await fetch(`cases/origin?${new URLSearchParams({ pair })}`).catch(() => null);
  const found = response?.ok ? await response.json() : null;
  if (pair !== told) return;
  if (found?.short.length) fill(found.short.join(" · "), found.sentences);
  byId("slice-origin").classList.remove("stale");
  letter(found?.letters ?? {});
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

/** Where each letter stands, and by how many pixels it is moved inwards.
    @type {[string, string, string, number, number][]} */
const PLACES = [["top", "50%", "0", 0, 13], ["bottom", "50%", "100%", 0, -5], ["left", "0", "50%", 9, 4], ["right", "100%", "50%", -9, 4]];

/** Lay letters over pictures by a style, as their pages make them anew; see site.css.
    @type {(letters: Record<string, string>) => void} */
function letter(letters) {
  const texts = PLACES.filter(([side]) => letters[side]).map(([side, x, y, dx, dy]) => `<text x="${x}" y="${y}" dx="${dx}" dy="${dy}">${letters[side]}</text>`);
  const style = 'font-family="sans-serif" font-size="12" text-anchor="middle" fill="#fff" stroke="#000" stroke-width="3" paint-order="stroke"';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%"><g ${style}>${texts.join("")}</g></svg>`;
  document.documentElement.style.setProperty("--sides", texts.length ? `url("data:image/svg+xml,${encodeURIComponent(svg)}")` : "none");
}

/** @type {(isShown: boolean) => void} */
function show(isShown) {
  byId("slice-origin").hidden = !isShown;
  document.documentElement.classList.toggle("slice-told", isShown);
}

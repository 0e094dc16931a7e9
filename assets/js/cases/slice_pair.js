/* Two slices beside each other: the one that is shown, and another one, both inputs and the fused image of each. They
   share the viewer's hands; X, held, shows the one in place of the other; PageUp and PageDown go on from the second. */
import { make, put } from "../components/elements.js";
import * as wire from "../data/wire.js";
import * as painting from "../imaging/painting.js";
import { KEY } from "../viewer/blend.js";
import * as pictureHands from "../viewer/picture_hands.js";
import { ratioOf } from "../viewer/pixels.js";

const IMAGES = ["first", "second", "fused"];
const LARGEST = 1024; // pixels of the longer side that are asked for

/** @typedef {{ id: string, path: string }} Slice */

/** @type {{ dialog: HTMLDialogElement, rows: HTMLElement[], status: HTMLElement } | null} */
let parts = null;
let serial = 0; // of the question whose answer is wanted

/** Show two slices through a network; `step` brings the slice after the second one, null where there is none.
    @type {(one: Slice, other: Slice, network: string, step: (from: Slice, by: number) => Slice | null) => Promise<void>} */
export async function open(one, other, network, step) {
  parts ??= built();
  const { dialog, rows } = parts;
  pictureHands.attach();
  dialog.onkeydown = (event) => typed(event, (by) => { const next = step(other, by); if (next) open(one, next, network, step); });
  dialog.onkeyup = (event) => { if (event.key.toLowerCase() === KEY) swapped(false); };
  if (!dialog.isConnected) (document.querySelector(".page") ?? document.body).append(dialog); // in the page's theme
  if (!dialog.open) dialog.showModal();
  const mine = serial += 1;
  say("opening …");
  try {
    for (const [at, slice] of [one, other].entries()) {
      if (rows[at].dataset.shown === `${slice.id} ${network}`) continue;
      const { about, arrays } = await wire.ask("explore/images", { pair: slice.id, network, side: LARGEST });
      if (mine !== serial) return;
      fill(rows[at], slice, network, about, arrays);
    }
    say("");
  } catch (error) {
    if (mine === serial) say(error.message);
  }
}

/** @type {(sentence: string) => void} */
const say = (sentence) => { if (parts) put(parts.status, sentence); };

/** @type {() => { dialog: HTMLDialogElement, rows: HTMLElement[], status: HTMLElement }} */
function built() {
  const rows = [0, 1].map(() => make("section", { class: "slice-row" })), status = make("p", { role: "status", class: "strip-note" });
  const close = make("button", { type: "button", text: "Close", title: "Escape", onclick: () => dialog.close() });
  const told = make("span", { class: "quiet", text: "PageUp and PageDown: another second slice · X, held: the one in place of the other" });
  const dialog = make("dialog", { class: "slices", role: "dialog", "aria-label": "Two slices compared" },
    make("header", {}, make("h2", { text: "Two slices" }), told, close), status, ...rows);
  dialog.addEventListener("close", () => { serial += 1; swapped(false); });
  return { dialog, rows, status };
}

/** @type {(row: HTMLElement, slice: Slice, network: string, about: Size, arrays: Record<string, Bytes>) => void} */
function fill(row, slice, network, about, arrays) {
  const pictures = painting.empty(IMAGES, { height: arrays.first.shape[0], width: arrays.first.shape[1], step: 1 });
  painting.images(pictures, arrays, false);
  row.dataset.shown = `${slice.id} ${network}`;
  const names = ["first input", "second input", `fused, ${network}`];
  row.replaceChildren(make("h3", { text: slice.path }), ...IMAGES.map((image, at) => {
    const { canvas } = pictures[image];
    for (const [name, value] of Object.entries({ role: "img", "aria-label": `${slice.path}, ${names[at]}`, "data-image": image })) canvas.setAttribute(name, value);
    const place = make("div", { class: "slice", "data-hands": "slices", "data-aspect": about.aspect, tabindex: 0, role: "group", "aria-label": `${slice.path}, ${names[at]}` }, canvas);
    place.style.aspectRatio = `${ratioOf(about)}`;
    return make("figure", {}, place, make("figcaption", { text: names[at] }));
  }));
}

/** @type {(event: KeyboardEvent, step: (by: number) => void) => void} */
function typed(event, step) {
  const by = { PageUp: -1, PageDown: 1 }[event.key];
  if (event.key.toLowerCase() === KEY) swapped(true);
  else if (by) step(by);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Each slice's pictures in the other's place, while a key is held.
    @type {(isNow: boolean) => void} */
const swapped = (isNow) => { parts?.dialog.classList.toggle("swapped", isNow); };

/* A viewer's hands on pictures that are no panels: those of Verdict, Regions and Networks, which the server sends whole.

   Everything inside an element with `data-hands` is a layer over the whole picture: zoomed, it is made larger than the
   element and moved, so that what is drawn on it lies where it belongs. Pictures of one word share their view; those of
   "pair" share it with Explore and Compare by the address. A layer with `data-image` can be windowed. */
import * as address from "../components/address.js";
import { around, make, put } from "../components/elements.js";
import { installTables, tableNamed } from "../imaging/colormap.js";
import * as levels from "../imaging/levels.js";
import { isForOthers } from "./keys.js";
import { zoomWords } from "./panel_notes.js";
import * as presetMenu from "./preset_menu.js";
import { WHOLE, panned, placing, read as readView, wordsOf as viewWords, zoomed } from "./view_transform.js";
import * as windowFilter from "./window_filter.js";

const BY_NOTCH = 1.25, NOTCH = 100, LINE = 33; // as hands.js
const SLOWEST = 4; // CSS pixels of a move that is still a click
const REST = 120; // ms after which the address follows
const PICTURES = "[data-hands]", PAIR = "pair";

/** @typedef {{ surface: HTMLElement, isPan: boolean, x: number, y: number, moved: number }} Drag */

/** @type {Map<string, View>} */
const views = new Map(); // by the pictures' word
/** @type {Record<string, Levels>} */
let windows = {};
/** @type {() => Size | null} */
let sizeOfPair = () => null;
/** @type {Drag | null} */
let drag = null;
let isSpace = false, isListening = false, timer = 0;

/** Listen for as long as the page is there; `size` tells how large the pair's images are, where the page knows.
    @type {(size?: () => Size | null) => void} */
export function attach(size = () => null) {
  sizeOfPair = size;
  if (isListening) return;
  isListening = true;
  const words = address.words(), page = document.getElementById("page") ?? document.body;
  const palettes = /** @type {HTMLElement | null} */ (document.querySelector("[data-palettes]"))?.dataset.palettes;
  if (palettes && !tableNamed(levels.FULL.palette)) installTables(JSON.parse(palettes));
  views.set(PAIR, readView(words));
  windows = levels.read(words);
  document.addEventListener("wheel", wheeled, { passive: false });
  document.addEventListener("mousedown", (event) => { if (isPan(event) && around(event, PICTURES)) event.preventDefault(); }, true);
  document.addEventListener("contextmenu", (event) => { if (around(event, PICTURES)) event.preventDefault(); });
  document.addEventListener("pointerdown", pressed, true);
  document.addEventListener("pointermove", moved, true);
  for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) document.addEventListener(name, released, true);
  document.addEventListener("dblclick", (event) => { const found = around(event, PICTURES); if (found) enlarge(found); });
  document.addEventListener("keydown", typed, true);
  document.addEventListener("keyup", ({ key }) => { if (key === " ") isSpace = false; });
  window.addEventListener("blur", () => { isSpace = false; });
  page.addEventListener("load", (event) => { const found = around(event, PICTURES); if (found) show(found); }, true);
  new MutationObserver(showAll).observe(page, { childList: true, subtree: true });
  showAll();
}

/** The layer that is the picture: what lies where on it does not change with the view.
    @type {(surface: Element) => HTMLElement} */
export const pictureOf = (surface) => /** @type {HTMLElement} */ (surface.querySelector(":scope > img, :scope > canvas") ?? surface);

// ---- showing

/** @type {(word?: string) => HTMLElement[]} */
const surfaces = (word) => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(word ? `[data-hands="${word}"]` : PICTURES))];
/** @type {(surface: HTMLElement) => string} */
const wordOf = (surface) => surface.dataset.hands ?? "";
/** @type {(word: string) => View} */
const viewOf = (word) => views.get(word) ?? WHOLE;
/** @type {(surface: HTMLElement) => DOMRect} */
const frameOf = (surface) => surface.getBoundingClientRect();

/** What places in pictures of a word are counted in: pixels of the pair, or of the first of the pictures, which says by
    `data-aspect` how many times as high as wide they are drawn.
    @type {(word: string) => Size | null} */
function sizeOf(word) {
  const known = word === PAIR ? sizeOfPair() : null;
  if (known) return known;
  const [surface] = surfaces(word), first = surface && pictureOf(surface), aspect = Number(surface?.dataset.aspect ?? 1);
  const size = first instanceof HTMLImageElement ? { width: first.naturalWidth, height: first.naturalHeight, aspect }
    : first instanceof HTMLCanvasElement ? { width: first.width, height: first.height, aspect } : null;
  return size?.width ? size : null;
}

const showAll = () => surfaces().forEach(show);

/** @type {(surface: HTMLElement) => void} */
function show(surface) {
  const word = wordOf(surface), size = sizeOf(word), frame = frameOf(surface), view = viewOf(word);
  if (!size || !frame.width) return;
  const { scale, aspect, x, y } = placing(view, size, frame), isWhole = view.magnification === 1;
  const place = isWhole ? { left: "", top: "", width: "", height: "" } : {
    left: `${(100 * x) / frame.width}%`, top: `${(100 * y) / frame.height}%`,
    width: `${(100 * scale * size.width) / frame.width}%`, height: `${(100 * scale * aspect * size.height) / frame.height}%`,
  };
  for (const layer of /** @type {NodeListOf<HTMLElement>} */ (surface.querySelectorAll(":scope > :not(.hand-note, .ask-stroke)"))) {
    Object.assign(layer.style, place);
    const chosen = windows[layer.dataset.image ?? ""];
    if (layer.dataset.image) layer.style.filter = chosen ? windowFilter.of(layer.dataset.image, chosen) : "";
  }
  note(surface, view);
}

/** What is said over a picture that is not shown as it is.
    @type {(surface: HTMLElement, view: View) => void} */
function note(surface, { magnification }) {
  const chosen = windows[imageOf(surface)], text = [zoomWords(magnification, { down: 1, across: 1 }, true), chosen ? levels.noteOf(chosen, null) : ""].filter(Boolean).join(" · ");
  let place = surface.querySelector(":scope > .hand-note");
  if (!place && text) surface.append(place = make("span", { class: "hand-note" }));
  if (place) put(place, text);
}

/** @type {(surface: HTMLElement) => string} */
const imageOf = (surface) => pictureOf(surface).dataset.image ?? "";

/** @type {(word: string, view: View) => void} */
function take(word, view) {
  views.set(word, view);
  surfaces(word).forEach(show);
  if (word === PAIR) rest();
}

/** @type {(image: string, chosen: Levels) => void} */
function window_(image, chosen) {
  const { [image]: _, ...others } = windows;
  windows = levels.isSame(chosen, levels.FULL) ? others : { ...others, [image]: chosen };
  showAll();
  rest();
}

/** Whether the page has panels: they have hands of their own, and the address is theirs.
    @type {() => boolean} */
const hasPanels = () => Boolean(document.querySelector(".panel[data-image]"));

/** The address follows once nothing moves. */
function rest() {
  clearTimeout(timer);
  if (hasPanels()) return;
  timer = setTimeout(() => {
    const words = address.words();
    for (const name of ["magnification", "centre", "levels"]) words.delete(name);
    address.write({ ...viewWords(viewOf(PAIR)), ...levels.addressOf(windows) }, words);
  }, REST);
}

// ---- the wheel and drags

/** @type {(event: WheelEvent) => void} */
function wheeled(event) {
  const surface = around(event, PICTURES), size = surface && sizeOf(wordOf(surface));
  if (!size || event.altKey) return;
  event.preventDefault();
  const notches = Math.min(Math.max(((event.deltaY || event.deltaX) * (event.deltaMode === 1 ? LINE : event.deltaMode === 2 ? NOTCH : 1)) / NOTCH, -3), 3);
  const frame = frameOf(surface), word = wordOf(surface);
  take(word, zoomed(viewOf(word), size, frame, event.clientX - frame.left, event.clientY - frame.top, BY_NOTCH ** -notches));
}

/** @type {(event: MouseEvent) => boolean} */
const isPan = ({ button }) => button === 1 || (button === 0 && isSpace);

/** @type {(event: PointerEvent) => void} */
function pressed(event) {
  const surface = around(event, PICTURES);
  if (!surface || !(isPan(event) || event.button === 2)) return;
  event.stopPropagation();
  surface.setPointerCapture(event.pointerId);
  drag = { surface, isPan: isPan(event), x: event.clientX, y: event.clientY, moved: 0 };
}

/** @type {(event: PointerEvent) => void} */
function moved(event) {
  if (!drag) return;
  event.stopPropagation();
  const { surface } = drag, frame = frameOf(surface), word = wordOf(surface), image = imageOf(surface), size = sizeOf(word);
  const right = event.clientX - drag.x, down = event.clientY - drag.y;
  Object.assign(drag, { x: event.clientX, y: event.clientY, moved: drag.moved + Math.hypot(right, down) });
  if (drag.isPan && size && viewOf(word).centre) take(word, panned(viewOf(word), size, frame, right, down));
  else if (!drag.isPan && image) window_(image, levels.changed(windows[image] ?? levels.FULL, right / frame.width, down / frame.height));
}

/** @type {(event: PointerEvent) => void} */
function released(event) {
  if (!drag) return;
  event.stopPropagation();
  const { surface, isPan: hasPanned, moved: by } = drag;
  drag = null;
  if (!hasPanned && by < SLOWEST && event.type === "pointerup") offer(surface, event.clientX, event.clientY);
}

/** @type {(surface: HTMLElement, x: number, y: number) => void} */
function offer(surface, x, y) {
  const image = imageOf(surface);
  if (!image) return;
  const panel = /** @type {any} */ ({ plot: surface, root: surface });
  presetMenu.open(panel, pictureOf(surface).getAttribute("alt") ?? "", windows[image], null, x, y, (chosen) => window_(image, chosen));
}

// ---- keys

/** @type {(event: KeyboardEvent) => void} */
function typed(event) {
  const large = /** @type {HTMLElement | null} */ (document.querySelector(`${PICTURES}.enlarged-picture`));
  if (isForOthers(event)) return;
  const surface = /** @type {HTMLElement | null} */ (document.querySelector(`${PICTURES}:hover`) ?? document.activeElement?.closest(PICTURES) ?? large);
  const key = event.key.toLowerCase();
  if (key === "escape" && large) enlarge(large);
  else if (key === "0" && (surface || !hasPanels())) reset();
  else if (!surface) return;
  else if (key === "f") enlarge(large ?? surface);
  else if (key === "+" || key === "=") zoomBy(surface, BY_NOTCH);
  else if (key === "-") zoomBy(surface, 1 / BY_NOTCH);
  else if (key === " ") isSpace = true;
  else if (key === "w") offer(surface, ...middleOf(surface));
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function reset() {
  windows = {};
  views.clear();
  showAll();
  rest();
}

/** @type {(surface: HTMLElement) => [number, number]} */
function middleOf(surface) {
  const { left, top, width, height } = surface.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}

/** @type {(surface: HTMLElement, factor: number) => void} */
function zoomBy(surface, factor) {
  const word = wordOf(surface), size = sizeOf(word), frame = frameOf(surface);
  if (size) take(word, zoomed(viewOf(word), size, frame, frame.width / 2, frame.height / 2, factor));
}

/** One picture over the page, as large as there is room; the same again: back.
    @type {(surface: HTMLElement) => void} */
function enlarge(surface) {
  for (const each of surfaces()) if (each !== surface) each.classList.remove("enlarged-picture");
  surface.style.setProperty("--enlarged-ratio", String(surface.clientWidth / surface.clientHeight));
  surface.classList.toggle("enlarged-picture");
  show(surface);
}

/* Verdict in the browser: choosing a pixel or a region on a picture, the address, what is stale. See dashboard/pages/verdict/layout.py. */
import * as address from "../../components/address.js";
import * as farewell from "../../data/farewell.js";
import * as readiness from "../../data/readiness.js";
import { stepOf } from "../../viewer/keys.js";
import * as pictureHands from "../../viewer/picture_hands.js";
import * as openingNote from "../../viewer/opening_note.js";
import { nearest, ratioOf, steps } from "../../viewer/pixels.js";
import { around, byId } from "../../components/elements.js";
import { fetched } from "../../report/export_menu.js";
import { begin, extend, finish, giveUp } from "./drawn_disk.js";

const WORDS = ["which", "display", "colormap", "window", "gamma1", "shares", "region", "details"];

/** @type {any} */
let view = null; // {pair, network, height, width, aspect}, or {pair, network, measuring}
/** @type {number[] | null} */
let pixel = null; // [row, col]
/** @type {string | null} */
let which = null; // the input that is asked about
/** @type {any} */
let answered = null; // what the cards show: {pixel, view, which, …}

/** @type {(row: number, col: number) => void} */
const choose = (row, col) => dash_clientside.set_props("ask-click", { data: [row, col] });

// ---- the pixel

function listen() {
  farewell.attach();
  pictureHands.attach(() => (view?.height ? view : null));
  document.addEventListener("pointerdown", press);
  document.addEventListener("pointermove", extend);
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", giveUp);
  document.addEventListener("keydown", step);
  document.addEventListener("click", save);
}

/** @type {(event: MouseEvent) => void} */
function save(event) {
  if (!around(event, "#verdict-pdf")) return;
  fetched(`export/verdict.pdf${location.search}`, (sentence) => { byId("verdict-pdf-status").textContent = sentence; });
}

/** @type {(event: PointerEvent) => void} */
function press(event) {
  const surface = around(event, ".ask-surface");
  if (!surface || !view?.height || event.button !== 0) return;
  begin(event, surface, view);
}

/** A click chooses a pixel; a drag a disk around it.
    @type {(event: PointerEvent) => void} */
function release(event) {
  const drawn = finish(event);
  if (!drawn) return;
  const { row, col } = nearest(drawn.centre, view);
  dash_clientside.set_props("ask-region", { value: drawn.radius ? `disk:${row},${col},${drawn.radius}` : "" });
  choose(row, col);
}

/** @type {(event: KeyboardEvent) => void} */
function step(event) {
  const by = stepOf(event);
  if (event.key === "Escape") giveUp();
  if (!by || !view?.height || !pixel || !around(event, ".ask-surface")) return;
  event.preventDefault();
  const [{ row, col }] = steps({ row: pixel[0], col: pixel[1] }, ...by, view);
  dash_clientside.set_props("ask-region", { value: "" });
  choose(row, col);
}

/** A pixel chosen on a picture goes to both fields at once; two typed fields are a pixel. `changed`: which inputs have.
    @type {(changed: string[], click: number[] | null, row: number, col: number) => unknown[]} */
export function pick(changed, click, row, col) {
  const { no_update: keep } = dash_clientside;
  const isClick = changed.includes("ask-click.data");
  if (isClick && click) return [click, click[0], click[1]];
  if (isClick || (pixel && pixel[0] === row && pixel[1] === col)) return [keep, keep, keep];
  dash_clientside.set_props("ask-region", { value: "" }); // a pixel was typed
  return [[row, col], keep, keep];
}

// ---- what the controls say

/** @type {(nextView: any, nextPixel: number[] | null, ...values: any[]) => string} */
export function configure(nextView, nextPixel, ...values) {
  listen();
  const light = values.pop();
  const page = /** @type {HTMLElement} */ (document.querySelector(".verdict-page"));
  page.classList.toggle("light", light);
  const isOther = nextView !== view;
  view = nextView;
  if (isOther) openingNote.tell(view);
  pixel = nextPixel || pixel;
  [which] = values;
  fade();
  point();
  if (view) writeAddress(Object.fromEntries(WORDS.map((word, at) => [word, values[at] ?? ""])), light);
  if (isOther) wait(view);
  return light ? "light" : "dark";
}

/** Crosses on the whole pictures. */
function point() {
  if (!view?.height || !pixel) return;
  const page = /** @type {HTMLElement} */ (document.querySelector(".verdict-page"));
  page.style.setProperty("--across", `${(100 * (pixel[1] + 0.5)) / view.width}%`);
  page.style.setProperty("--down", `${(100 * (pixel[0] + 0.5)) / view.height}%`);
  page.style.setProperty("--ratio", `${ratioOf(view)}`);
}

/** Words of other pages stay, so that their links reopen what they showed.
    @type {(values: Record<string, any>, light: boolean) => void} */
function writeAddress(values, light) {
  const { pair, network } = view;
  const place = pixel?.every(Number.isInteger) ? { row: pixel[0], col: pixel[1] } : {};
  address.write({ pair, network, ...place, ...values, light }, address.words());
}

/** A network that is still measured is opened once it can be asked.
    @type {(waiting: any) => Promise<void>} */
async function wait(waiting) {
  byId("ask-waiting").textContent = "";
  if (!waiting?.measuring) return;
  const say = (/** @type {string} */ sentence) => { byId("ask-waiting").textContent = sentence; };
  const isReady = await readiness.until(waiting.network, say, () => view === waiting);
  if (isReady) dash_clientside.set_props("ask-measured", { data: waiting.network });
}

// ---- answers of an older pixel

/** Answers are hidden until those of what is chosen now are here. */
function fade() {
  const key = (/** @type {any} */ told) => String([told.pixel, told.view, told.which]);
  const now = { pixel, view: [view?.pair, view?.network], which };
  const isOld = answered !== null && key(answered) !== key(now);
  document.querySelector(".ask-cards")?.classList.toggle("ask-stale", isOld);
}

/** @type {(shown: any) => void} */
export function settle(shown) {
  answered = shown || null;
  fade();
}

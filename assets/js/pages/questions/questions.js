/* Questions in the browser: choosing a pixel on a picture, the address, what is stale. See dashboard/pages/questions/layout.py. */
import * as readiness from "../../data/readiness.js";

const KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const FAST = 10; // pixels that an arrow key moves by with Shift
const WORDS = ["which", "display", "colormap", "window", "gamma1", "shares"];

let view = null; // {pair, network, height, width}, or {pair, network, measuring}
let pixel = null; // [row, col]
let which = null; // the input that is asked about
let answered = null; // what the cards show: {pixel, view, which, …}

const at = (id) => document.getElementById(id);
const choose = (row, col) => dash_clientside.set_props("ask-click", { data: [row, col] });
const inside = (value, length) => Math.min(Math.max(value, 0), length - 1);

// ---- the pixel

function listen() {
  document.addEventListener("pointerdown", press);
  document.addEventListener("keydown", step);
}

function press(event) {
  const surface = event.target.closest?.(".ask-surface");
  if (!surface || !view?.height || event.button !== 0) return;
  const box = surface.getBoundingClientRect();
  const along = (place, start, length, pixels) => inside(Math.floor(((place - start) / length) * pixels), pixels);
  choose(along(event.clientY, box.top, box.height, view.height), along(event.clientX, box.left, box.width, view.width));
}

function step(event) {
  const way = KEYS[event.key];
  if (!way || !view?.height || !pixel || !event.target.closest?.(".ask-surface")) return;
  event.preventDefault();
  const far = event.shiftKey ? FAST : 1;
  choose(inside(pixel[0] + far * way[0], view.height), inside(pixel[1] + far * way[1], view.width));
}

/** A pixel chosen on a picture goes to both fields at once; two typed fields are a pixel. `changed`: which inputs have. */
export function pick(changed, click, row, col) {
  const { no_update: keep } = dash_clientside;
  const isClick = changed.includes("ask-click.data");
  if (isClick && click) return [click, click[0], click[1]];
  if (isClick || (pixel && pixel[0] === row && pixel[1] === col)) return [keep, keep, keep];
  return [[row, col], keep, keep];
}

// ---- what the controls say

export function configure(nextView, nextPixel, ...values) {
  listen();
  const light = values.pop();
  const page = document.querySelector(".questions");
  page.classList.toggle("light", light);
  const isOther = nextView !== view;
  view = nextView;
  pixel = nextPixel || pixel;
  [which] = values;
  fade();
  point();
  if (view) writeAddress(Object.fromEntries(WORDS.map((word, at) => [word, values[at]])), light);
  if (isOther) wait(view);
  return light ? "light" : "dark";
}

/** Crosses on the whole pictures. */
function point() {
  if (!view?.height || !pixel) return;
  const page = document.querySelector(".questions");
  page.style.setProperty("--across", `${(100 * (pixel[1] + 0.5)) / view.width}%`);
  page.style.setProperty("--down", `${(100 * (pixel[0] + 0.5)) / view.height}%`);
  page.style.setProperty("--ratio", view.width / view.height);
}

/** Words of other pages stay, so that their links reopen what they showed. */
function writeAddress(values, light) {
  const words = new URLSearchParams(location.search);
  words.set("pair", view.pair);
  words.set("network", view.network);
  if (pixel?.every(Number.isInteger)) [["row", pixel[0]], ["col", pixel[1]]].forEach(([word, value]) => words.set(word, value));
  for (const word of WORDS) words.set(word, values[word]);
  words.set("light", light ? "1" : "0");
  history.replaceState(history.state, "", `?${words}`);
}

/** A network that is still measured is opened once it can be asked. */
async function wait(waiting) {
  at("ask-waiting").textContent = "";
  if (!waiting?.measuring) return;
  const say = (sentence) => { at("ask-waiting").textContent = sentence; };
  const isReady = await readiness.until(waiting.network, say, () => view === waiting);
  if (isReady) dash_clientside.set_props("ask-measured", { data: waiting.network });
}

// ---- answers of an older pixel

/** Answers are hidden until those of what is chosen now are here. */
function fade() {
  const key = (told) => String([told.pixel, told.view, told.which]);
  const now = { pixel, view: [view?.pair, view?.network], which };
  const isOld = answered !== null && key(answered) !== key(now);
  document.querySelector(".ask-cards")?.classList.toggle("ask-stale", isOld);
}

export function settle(shown) {
  answered = shown || null;
  fade();
}

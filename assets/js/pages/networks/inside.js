/* What a network shows of itself: its views as tabs, each a sheet of small pictures, one of them large. */
import * as wire from "../../data/wire.js";
import { answerTo } from "../../data/server_answers.js";
import { short } from "../../imaging/colormap.js";
import { byId, make } from "../../components/elements.js";
import * as largeMap from "./large_map.js";

const AGAIN = 700; // ms between two questions whether the views are computed
const NONE = "This network offers no inner views: what it computes between its layers has no meaning that it can name.";
const MANY = 40; // pictures from which on they are small
const SPEED = 3; // arrow keys: how many pictures PageUp and PageDown go, in rows

/** @type {any} */
let choices = null; // the page's state: pair, network, view, item, sort, scale, colormap
/** @type {(view: number, item: number) => void} */
let look = () => {}; // tells the page which view and picture are looked at
/** @type {any[]} */
let views = [];
let serial = 0; // of the question whose answer is wanted
/** @type {number[]} */
let order = []; // pictures of the view as they stand, by their listed numbers
/** @type {Message | null} */
let inputs = null;
/** @type {Map<string, string>} */
const sheets = new Map(); // addresses of the sheets in memory, by what they show

/** @type {(ms: number) => Promise<void>} */
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const view = () => views[choices.view];

/** Another pair or network: ask for its views, which are computed beside; `looked` is told which picture is looked at.
    @type {(state: any, looked: (view: number, item: number) => void) => Promise<void>} */
export async function open(state, looked) {
  choices = state;
  look = looked;
  const mine = serial += 1;
  forget();
  byId("net-inside").hidden = true;
  byId("net-inside-title").textContent = `Inside ${state.network}`;
  say("Looking inside…");
  const { pair, network } = state;
  const found = await asked(pair, network, mine);
  if (mine !== serial) return;
  if (!found.views || !found.views.length) return say(found.failure || found.error || NONE);
  views = found.views;
  try {
    inputs = await wire.ask("networks/pictures", { pair });
  } catch (error) {
    if (mine === serial) say(error.message);
    return;
  }
  if (mine !== serial) return;
  say("");
  byId("net-inside").hidden = false;
  choose(Math.min(choices.view, views.length - 1), choices.item);
}

/** @type {(pair: string, network: string, mine: number) => Promise<any>} */
async function asked(pair, network, mine) {
  const since = performance.now();
  while (mine === serial) {
    try {
      const response = await answerTo(`networks/inside?${new URLSearchParams({ pair, network })}`);
      const answer = await response.json();
      if (!response.ok || answer.ready) return answer;
    } catch {
      return { error: "The server does not answer; is it still running?" };
    }
    say(`Computing what ${network} shows of this pair: ${Math.round((performance.now() - since) / 1000)} s`);
    await pause(AGAIN);
  }
  return {};
}

function forget() {
  views = [];
  inputs = null;
  for (const address of sheets.values()) URL.revokeObjectURL(address);
  sheets.clear();
  largeMap.close();
}

/** @type {(sentence: string) => void} */
const say = (sentence) => { byId("net-inside-note").textContent = sentence; };

// ---- one view

/** Show a view, and in it a picture.
    @type {(number: number, item: number) => void} */
function choose(number, item) {
  const next = views[number];
  look(number, Math.min(item, next.labels.length - 1));
  tabs();
  byId("net-meaning").textContent = next.meaning;
  redraw();
}

function tabs() {
  const focused = document.activeElement?.closest?.("#net-tabs") !== null && document.activeElement !== document.body;
  byId("net-tabs").setAttribute("role", "tablist");
  byId("net-tabs").replaceChildren(...views.map((each, number) => {
    const isHere = number === choices.view;
    const tab = make("button", { type: "button", tabindex: isHere ? 0 : -1, text: each.title });
    tab.append(make("small", { text: ` ${each.labels.length}` }));
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-selected", isHere);
    tab.addEventListener("click", () => { if (number !== choices.view) choose(number, 0); });
    tab.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const by = Number(event.key === "ArrowRight") - Number(event.key === "ArrowLeft");
      if (by) choose((number + by + views.length) % views.length, 0);
    });
    return tab;
  }));
  if (focused) byId("net-tabs").children[choices.view].focus();
}

/** The order, the scale or the colours were chosen anew. */
export function redraw() {
  if (!views.length) return;
  order = sorted();
  thumbnails();
  large();
}

/** @type {() => number[]} */
function sorted() {
  const { labels, weights, strengths } = view();
  const listed = labels.map((/** @type {string} */ _, /** @type {number} */ item) => item);
  const by = choices.sort;
  if (by === "label") {
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    return listed.sort((/** @type {number} */ one, /** @type {number} */ other) => compare(labels[one], labels[other]));
  }
  const values = by === "strength" ? strengths : weights;
  return by === "listed" || !values.length ? listed : listed.sort((/** @type {number} */ one, /** @type {number} */ other) => values[other] - values[one]);
}

const isCommon = () => (choices.scale === "view" ? view().common : choices.scale === "common");
/** @type {(item: number) => number[]} */
const scaleOf = (item) => (isCommon() ? view().scale : view().scales[item]);

async function thumbnails() {
  const shown = view(), grid = byId("net-sheet");
  const hadFocus = grid.contains(document.activeElement);
  const buttons = order.map((item) => thumbnail(shown, item));
  grid.className = shown.labels.length > MANY ? "net-sheet many" : "net-sheet";
  grid.setAttribute("role", "listbox");
  grid.setAttribute("aria-label", `${shown.title}: ${shown.labels.length} pictures`);
  grid.replaceChildren(...buttons);
  if (hadFocus) buttons[order.indexOf(choices.item)].focus();
  const source = await sheet();
  if (shown !== view() || !source) return;
  for (const each of buttons) /** @type {HTMLElement} */ (each.firstChild).style.backgroundImage = `url("${source}")`;
  grid.dataset.drawn = `${choices.view}/${isCommon()}/${choices.colormap}`;
}

/** @type {(shown: any, item: number) => HTMLButtonElement} */
function thumbnail(shown, item) {
  const rows = Math.ceil(shown.labels.length / shown.columns);
  /** @type {(index: number, count: number) => number} */
  const place = (index, count) => (count > 1 ? (100 * index) / (count - 1) : 0);
  const picture = make("i");
  Object.assign(picture.style, {
    aspectRatio: `${shown.width} / ${shown.height * (inputs?.about.aspect ?? 1)}`, backgroundSize: `${100 * shown.columns}% ${100 * rows}%`,
    backgroundPosition: `${place(item % shown.columns, shown.columns)}% ${place(Math.floor(item / shown.columns), rows)}%`,
  });
  const weight = shown.weights.length ? short(shown.weights[item]) : "";
  const caption = make("span", { text: `${shown.labels[item]} ` }, make("b", { text: weight })); // what the button is called
  caption.title = told(shown, item);
  const button = make("button", { type: "button", tabindex: item === choices.item ? 0 : -1 }, picture, caption);
  button.dataset.item = item;
  button.title = told(shown, item);
  button.setAttribute("role", "option");
  button.setAttribute("aria-selected", item === choices.item);
  button.addEventListener("click", () => pick(item));
  button.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => step(event, item));
  return button;
}

/** A picture's label, weight and strength in words.
    @type {(shown: any, item: number) => string} */
function told(shown, item) {
  const weight = shown.weights.length ? `, ${shown.weight_name} ${short(shown.weights[item])}` : "";
  return `${shown.labels[item]}${weight}, strength ${short(shown.strengths[item])}`;
}

/** The address of the view's pictures on one sheet, fetched once for each scale and colour map. */
async function sheet() {
  const common = isCommon() ? "1" : "0";
  const { pair, network, view: number, colormap } = choices;
  const key = [number, common, view().signed ? "" : colormap].join("/"), mine = serial;
  if (!sheets.has(key)) {
    const response = await answerTo(`networks/sheet?${new URLSearchParams({ pair, network, view: number, common, colormap })}`);
    if (mine !== serial) return null;
    if (!response.ok) { say((await response.json()).error); return null; }
    const address = URL.createObjectURL(await response.blob());
    if (mine !== serial) return null;
    sheets.set(key, address);
  }
  return sheets.get(key);
}

// ---- one picture

/** @type {(item: number) => void} */
function pick(item) {
  look(choices.view, item);
  for (const each of byId("net-sheet").children) {
    const isHere = Number(each.dataset.item) === item;
    each.setAttribute("aria-selected", isHere);
    each.tabIndex = isHere ? 0 : -1;
    if (isHere) each.focus();
  }
  large();
}

/** @type {(event: KeyboardEvent, item: number) => void} */
function step(event, item) {
  const buttons = [...byId("net-sheet").children], here = order.indexOf(item);
  const top = buttons[0].offsetTop, across = buttons.filter((each) => each.offsetTop === top).length;
  const target = {
    ArrowRight: here + 1, ArrowLeft: here - 1, ArrowDown: here + across, ArrowUp: here - across,
    PageDown: here + SPEED * across, PageUp: here - SPEED * across, Home: 0, End: order.length - 1,
  }[event.key];
  if (target === undefined) return;
  event.preventDefault();
  pick(order[Math.min(Math.max(target, 0), order.length - 1)]);
}

function large() {
  const { pair, network, view: number, item, colormap } = choices;
  const words = { pair, network, view: number, item };
  const { signed, weights, weight_name: name } = view();
  const about = {
    title: view().labels[item], strength: view().strengths[item], signed, colormap, scale: scaleOf(item), isCommon: isCommon(),
    weight: weights.length ? { name, value: weights[item] } : null,
  };
  largeMap.show(byId("net-large"), words, about, /** @type {Message} */ (inputs));
}

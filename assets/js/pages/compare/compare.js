/* Compare in the browser: one state, one pointer, a column for each network. See dashboard/pages/compare/layout.py. */
import * as jacobians from "../../data/jacobians.js";
import * as colorbar from "../../imaging/colorbar.js";
import { installTables } from "../../imaging/colormap.js";
import * as painting from "../../imaging/painting.js";
import { put } from "../../components/elements.js";
import { largestSide } from "../../viewer/panel_size.js";
import * as panelCanvases from "../../viewer/panel_canvases.js";
import { inside, isSame, steps } from "../../viewer/pixels.js";
import * as pointer from "../../viewer/pointer.js";
import * as waitingNote from "../../viewer/waiting_note.js";
import * as compareColumn from "./column.js";
import * as compareCommits from "./commits.js";
import * as compareDifference from "./difference.js";
import * as compareHeads from "./heads.js";

const SIZED = 300; // ms after which a new size of the panels is taken as chosen

export const state = {
  pixel: null, asked: null, isPinned: false, width: 0, height: 0, window: 31, manner: "follow", pair: null, networks: [],
  isShared: true, zooms: true, difference: [],
};
export const columns = new Map(); // by network
let heads = null;
let difference = null;
let arrived = null; // {message, timing} that the next frame shows
let attached = ""; // what the pointer's requests ask
let side = 0;
let sizeTimer = 0;
let isDrawing = false;

const rest = () => compareCommits.rest();
const byId = (id) => document.getElementById(id);
const shown = () => state.networks.map((name) => columns.get(name));
const opened = () => shown().filter((column) => column.view);

// ---- what the pointer and the keys do

export function point(pixel, since, ahead) {
  if (isSame(state.asked, pixel)) return;
  state.asked = pixel;
  jacobians.want(pixel, since, ahead);
  rest();
}

export function pin(isPinned) {
  state.isPinned = isPinned;
  document.querySelector(".compare").classList.toggle("pinned", isPinned);
  draw();
  rest();
}

function step(down, right) {
  const [first, ...ahead] = steps(state.asked, down, right, state);
  point(first, undefined, ahead);
}

// ---- columns come, go and change places

/** Have a column for each chosen network, in their order. */
function arrange(networks, isNewPair) {
  for (const [name, column] of columns) {
    if (networks.includes(name)) continue;
    compareColumn.close(column);
    columns.delete(name);
  }
  state.networks = networks;
  const fresh = [];
  for (const name of networks) {
    if (!columns.has(name)) {
      const column = compareColumn.column(name, page);
      columns.set(name, column);
      pointer.watch(column.panels, page);
      fresh.push(column);
    }
  }
  const grid = byId("compare-grid");
  shown().forEach(({ root }, place) => { if (grid.children[place + 1] !== root) grid.insertBefore(root, grid.children[place + 1] || null); });
  grid.style.setProperty("--count", networks.length);
  shown().forEach(({ left, right }, place) => {
    left.disabled = place === 0;
    right.disabled = place === networks.length - 1;
  });
  refit();
  if (isNewPair) forget();
  for (const column of isNewPair ? shown() : fresh) compareColumn.open(column, state.pair, side);
  attach();
  offerDifference();
}

/** The reader moves a column by one place; the button keeps the focus. */
function move(column, by) {
  const networks = state.networks.filter((name) => name !== column.network);
  networks.splice(state.networks.indexOf(column.network) + by, 0, column.network);
  arrange(networks, false);
  dash_clientside.set_props("compare-networks", { value: networks });
  const button = by < 0 ? column.left : column.right;
  (button.disabled ? (by < 0 ? column.right : column.left) : button).focus();
  redraw();
}

const hide = ({ network }) =>
  dash_clientside.set_props("compare-networks", { value: state.networks.filter((name) => name !== network) });

/** Another pair: nothing old may stand beside something new. */
function forget() {
  state.last = state.asked || state.last;
  Object.assign(state, { width: 0, height: 0, pixel: null, asked: null });
  arrived = null;
  compareHeads.clear(heads);
  byId("compare-table").replaceChildren();
}

/** A column's pictures are here: the pointer asks its network too from now on. */
function joined(column) {
  if (!state.width) {
    Object.assign(state, { width: column.view.width, height: column.view.height, step: column.view.step });
    compareHeads.open(heads, column.view, column.images, state.color);
    dash_clientside.set_props("compare-color", { disabled: !column.view.has_color });
  }
  attach();
  follow();
  draw();
}

/** Ask all opened networks at once for the pixels to come. */
function attach() {
  const networks = opened().map(({ network }) => network).sort();
  const wanted = networks.length ? JSON.stringify([state.pair, networks]) : "";
  if (wanted === attached) return;
  attached = wanted;
  jacobians.attach(wanted ? "compare/jacobian" : null, { pair: state.pair, networks: networks.join(",") }, answered, failed);
  if (!wanted) return;
  const pixel = inside(state.asked || state.last, state);
  state.asked = null;
  point(pixel);
  jacobians.choose();
}

/** Guidance may have failed because crops are wrong on this pair: what they gave the pointer is asked anew. */
function renew() {
  attached = "";
  attach();
}

// ---- what the server's answers do

function answered(message, timing) {
  const isOther = message.about.columns.some(({ network, key }) => key && columns.get(network)?.view && columns.get(network).view.key !== key);
  if (isOther) return failed(new Error("The files of this pair have changed; reload the page."));
  say("");
  const absent = message.about.columns.filter(({ is_absent: isAbsent }) => isAbsent);
  if (absent.length) waitingNote.show(absent, state);
  else waitingNote.clear();
  arrived = { message, timing };
  draw();
}

function failed(error) {
  waitingNote.clear();
  say(error.message);
  state.asked = arrived ? arrived.message.about : state.pixel;
}

const say = (sentence) => put(byId("compare-status"), sentence);

/** Pictures and figures of all columns change to one pixel in one frame. */
function take({ message: { about, arrays }, timing }) {
  state.pixel = { row: about.row, col: about.col };
  about.columns.forEach((part, place) => {
    const column = columns.get(part.network);
    if (column?.view) compareColumn.take(column, part, { first: arrays[`first${place}`], second: arrays[`second${place}`] });
  });
  paintJacobians();
  return timing;
}

const sharpened = () => { paintGuidance(); draw(); };
const finished = () => { follow(); rest(); };

// ---- painting

/** The scale of a column: everybody's, or its own. */
function scales(limit, gamma) {
  const own = new Map(opened().map((column) => [column, limit(column, state.display)]));
  const common = Math.max(0, ...own.values());
  return (column) => painting.scale(state.isShared ? common : own.get(column), gamma, state);
}

function paint(kind, limit, gamma, painted) {
  const scale = scales(limit, gamma);
  for (const column of opened()) {
    painted(column, scale(column));
    if (!state.isShared) colorbar.draw(column.ownBars[kind], scale(column));
  }
  if (state.isShared && opened().length) compareHeads.scaled(heads, kind, scale(opened()[0]));
}

const paintJacobians = () => paint("jacobian", compareColumn.jacobianLimit, state.gamma1, compareColumn.paintJacobian);
const paintGuidance = () => paint("guidance", compareColumn.guidanceLimit, state.gamma2, compareColumn.paintGuidance);

/** What the scatterplots' axes span where all share a scale. */
function spans() {
  const found = opened().map(({ guidance }) => guidance).filter(Boolean);
  if (!state.isShared || !found.length) return null;
  const over = (name) => [Math.min(...found.map((each) => each[name][0])), Math.max(...found.map((each) => each[name][1]))];
  return { rangeX: over("rangeX"), rangeY: over("rangeY") };
}

function draw() {
  if (isDrawing || !heads) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const frame = performance.now();
    const timing = arrived && take(arrived);
    arrived = null;
    const common = spans();
    compareHeads.draw(heads, state);
    for (const column of shown()) compareColumn.draw(column, state, common);
    compareDifference.draw(difference, state);
    if (timing) jacobians.painted(timing, frame);
  });
}

function redraw() {
  paintGuidance();
  paintJacobians();
  compareDifference.paint(difference);
  draw();
}

// ---- the difference

/** The two networks chosen, as far as they are shown; else the first two columns. */
function subtracted() {
  const [one, other] = state.difference;
  const isShown = state.networks.includes(one) && state.networks.includes(other) && one !== other;
  return isShown ? [one, other] : state.networks.slice(0, 2);
}

/** Only networks that are shown can be subtracted. */
function offerDifference() {
  const [one, other] = subtracted();
  const data = state.networks.map((name) => ({ value: name, label: name }));
  const offered = [one || null, other || null];
  if (String(offered) !== String(state.subtraction)) state.offered = offered;
  dash_clientside.set_props("compare-one", { data, value: offered[0] });
  dash_clientside.set_props("compare-other", { data, value: offered[1] });
  follow();
}

function follow() {
  if (!difference) return;
  const [one, other] = subtracted().map((name) => columns.get(name));
  compareDifference.show(difference, one, other, side);
}

/** The reader has chosen which network to subtract from which, unless it is what was just offered. */
export function subtract(one, other) {
  state.subtraction = [one, other];
  if (state.offered) {
    if (String(state.offered) === String(state.subtraction)) state.offered = null;
    return;
  }
  if (!one || !other || !difference || String(subtracted()) === String(state.subtraction)) return;
  state.difference = [one, other];
  follow();
  draw();
  rest();
}

// ---- called by Dash

export function configure(pair, display, colormap, window_, manner, color, zooms, light, gamma1, gamma2, networks, isShared, start, tables) {
  if (!heads) begin(start, tables);
  // The export follows this switch, but not every other choice: what was chosen in its menu stays.
  if (isShared !== state.isShared) dash_clientside.set_props("export-scales", { checked: isShared });
  Object.assign(state, { display, colormap, window: Number(window_), manner, color, zooms, light, gamma1, gamma2, isShared });
  const root = document.querySelector(".compare");
  for (const [name, isOn] of Object.entries({ light, "no-zooms": !zooms, "own-scales": !isShared })) root.classList.toggle(name, isOn);
  dash_clientside.set_props("provider", { forceColorScheme: light ? "light" : "dark" });
  for (const [name, value] of Object.entries({ gamma1, gamma2 })) byId(`compare-${name}-shown`).textContent = value.toFixed(2);
  state.ink = getComputedStyle(root).color;
  const isNewPair = state.pair !== pair;
  state.pair = pair;
  if (isNewPair || String(networks) !== String(state.networks)) arrange(networks || [], isNewPair);
  say(state.networks.length < 2 ? "Choose at least two networks to compare." : "");
  refit();
  compareHeads.showImages(heads, color);
  for (const column of opened()) compareColumn.showImages(column);
  redraw();
  rest();
}

function begin(start, tables) {
  installTables(tables);
  Object.assign(state, { last: start, difference: start.difference });
  heads = compareHeads.heads();
  byId("compare-grid").replaceChildren(heads.root);
  difference = compareDifference.attach(byId("compare-difference"), page);
  pointer.attach([...heads.panels, ...difference.panels], page);
  side = largestSide();
  compareCommits.attach(page);
  const observer = new ResizeObserver(() => { refit(); redraw(); });
  observer.observe(byId("compare-grid"));
}

/** Sizes or colours of the page have changed: measure them before the next drawing. */
function refit() {
  panelCanvases.refit([...heads.panels, ...difference.panels, ...shown().flatMap(({ panels }) => panels)]);
  for (const bar of document.querySelectorAll(".compare canvas.bar")) colorbar.refit(bar);
  clearTimeout(sizeTimer);
  if (state.step > 1) sizeTimer = setTimeout(refine, SIZED);
}

/** The panels have another size: show a large image as far as they can show it now. */
function refine() {
  const needed = Math.ceil(Math.max(state.width, state.height) / largestSide());
  if (needed === state.step) return;
  side = largestSide();
  arrange(state.networks, true);
}

export function go(row, col) {
  if (!state.asked || typeof row !== "number" || typeof col !== "number" || `${row},${col}` === state.typed) return;
  pin(true);
  step(row - state.asked.row, col - state.asked.col);
}

export const shownDifference = () => difference;

/** Compare, as its parts know it. */
const page = {
  state, columns, opened, subtracted, say, point, pin, step, rest, move, hide, joined, renew, sharpened, finished, draw,
};

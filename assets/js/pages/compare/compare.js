/* Compare in the browser: one viewer of several networks, a column each. See dashboard/pages/compare/layout.py. */
import { byId, put } from "../../components/elements.js";
import * as colorbar from "../../imaging/colorbar.js";
import { installTables } from "../../imaging/colormap.js";
import * as painting from "../../imaging/painting.js";
import * as networkView from "../../viewer/network_view.js";
import { largestSide } from "../../viewer/panel_size.js";
import * as pointer from "../../viewer/pointer.js";
import { valuesText } from "../../viewer/raw_values.js";
import { viewer } from "../../viewer/viewer.js";
import * as compareColumn from "./column.js";
import * as compareCommits from "./commits.js";
import * as compareDifference from "./difference.js";
import * as compareHeads from "./heads.js";

const root = () => /** @type {HTMLElement} */ (document.querySelector(".compare"));

/** @type {Map<string, Column>} */
export const columns = new Map(); // by network
/** @type {any} */
let heads = null;
/** @type {any} */
let difference = null;
let attached = ""; // what the pointer's requests ask
let side = 0;

/** @type {Pointed & Record<string, any>} */
const compare = viewer({
  prefix: "compare-",
  root,
  panels: () => [...heads.panels, ...difference.panels, ...shown().flatMap(({ panels }) => panels)],
  parts: (about) => about.columns,
  isOther: ({ network, key }) => key && columns.get(network)?.view && columns.get(network)?.view.key !== key,
  answered() { say(""); return true; },
  failed: (error) => say(error.message),
  take,
  draw,
  recolored: (kind) => recolored[kind](),
  pinned: () => compare.draw(),
  resized,
  settled: () => compareCommits.settled(),
});

export const { state, point, pin, go } = compare;
Object.assign(state, { pair: null, networks: [], isShared: true, difference: [] });

/** @type {() => Column[]} */
const shown = () => state.networks.map((/** @type {string} */ name) => columns.get(name));
/** @type {() => Column[]} */
const opened = () => shown().filter((column) => column.view);

// ---- columns come, go and change places

/** Have a column for each chosen network, in their order.
    @type {(networks: string[], isNewPair: boolean) => void} */
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
      pointer.watch(column.panels, compare);
      fresh.push(column);
    }
  }
  const grid = byId("compare-grid");
  shown().forEach((column, place) => {
    if (grid.children[place + 1] !== column.root) grid.insertBefore(column.root, grid.children[place + 1] || null);
  });
  grid.style.setProperty("--count", networks.length);
  shown().forEach(({ left, right }, place) => {
    left.disabled = place === 0;
    right.disabled = place === networks.length - 1;
  });
  compare.refit();
  if (isNewPair) forget();
  for (const column of isNewPair ? shown() : fresh) compareColumn.open(column, state.pair, side);
  attach();
  offerDifference();
}

/** The reader moves a column by one place; the button keeps the focus.
    @type {(column: Column, by: number) => void} */
function move(column, by) {
  const networks = state.networks.filter((/** @type {string} */ name) => name !== column.network);
  networks.splice(state.networks.indexOf(column.network) + by, 0, column.network);
  arrange(networks, false);
  dash_clientside.set_props("compare-networks", { value: networks });
  const button = by < 0 ? column.left : column.right;
  (button.disabled ? (by < 0 ? column.right : column.left) : button).focus();
  redraw();
}

/** @type {(column: Column) => void} */
const hide = ({ network }) =>
  dash_clientside.set_props("compare-networks", { value: state.networks.filter((/** @type {string} */ name) => name !== network) });

/** Another pair: nothing old may stand beside something new. */
function forget() {
  compare.forget();
  compareHeads.clear(heads);
  byId("compare-table").replaceChildren();
}

/** A column's pictures are here: the pointer asks its network too from now on.
    @type {(column: Column) => void} */
function joined(column) {
  if (!state.width) {
    const { width, height, step, spacing, orientation, raw } = column.view;
    Object.assign(state, { width, height, step, spacing, orientation, raw });
    compareHeads.open(heads, column.view, column.images ?? {}, state.color, state.levels);
    dash_clientside.set_props("compare-color", { disabled: !column.view.has_color });
  }
  attach();
  follow();
  compare.draw();
}

/** Ask all opened networks at once for the pixels to come. */
function attach() {
  const networks = opened().map(({ network }) => network).sort();
  const wanted = networks.length ? JSON.stringify([state.pair, networks]) : "";
  if (wanted === attached) return;
  attached = wanted;
  compare.ask(wanted ? "compare/jacobian" : null, { pair: state.pair, networks: networks.join(",") });
  if (wanted) compare.aim(state.asked || state.last);
}

/** Guidance may have failed because crops are wrong on this pair: what they gave the pointer is asked anew. */
function renew() {
  attached = "";
  attach();
}

// ---- what the server's answers do

/** @type {(sentence: string) => void} */
const say = (sentence) => put(byId("compare-status"), sentence);

/** Pictures and figures of all columns change to one pixel in one frame.
    @type {(message: Message) => void} */
function take({ about, arrays }) {
  about.columns.forEach((/** @type {any} */ part, /** @type {number} */ place) => {
    const column = columns.get(part.network);
    if (column?.view) compareColumn.take(column, part, { first: arrays[`first${place}`], second: arrays[`second${place}`] });
  });
  const told = about.columns.find((/** @type {any} */ part) => part.x1 !== undefined && part.x1 !== null), view = told && columns.get(told.network)?.view;
  state.values = view ? valuesText(view.names, told, view.raw) : "";
  paintJacobians();
}

const sharpened = () => { paintGuidance(); compare.draw(); };
const finished = () => { follow(); compare.rest(); };

// ---- painting

/** The scale of a column: everybody's, or its own.
    @type {(limit: (column: Column) => number, gamma: number) => (column: Column) => Scale} */
function scales(limit, gamma) {
  const own = new Map(opened().map((column) => [column, limit(column)]));
  const common = Math.max(0, ...own.values());
  return (column) => painting.scale(state.isShared ? common : own.get(column) ?? 0, gamma, state);
}

/** @type {(kind: string, limit: (column: Column) => number, gamma: number, painted: (column: Column, scale: Scale) => void) => void} */
function paint(kind, limit, gamma, painted) {
  const scale = scales(limit, gamma);
  for (const column of opened()) {
    painted(column, scale(column));
    if (!state.isShared) colorbar.draw(column.ownBars[kind], scale(column));
  }
  if (state.isShared && opened().length) compareHeads.scaled(heads, kind, scale(opened()[0]));
}

const paintJacobians = () => paint("jacobian", networkView.jacobianLimit, state.gamma1, networkView.paintJacobian);
const paintGuidance = () => paint("guidance", networkView.guidanceLimit, state.gamma2, networkView.paintGuidance);

/** @type {Record<string, () => void>} */
const recolored = { picture: showImages, guidance() { paintGuidance(); compareDifference.paint(difference); }, jacobian: paintJacobians };

function showImages() {
  compareHeads.showImages(heads, state.color, state.levels);
  opened().forEach(networkView.showImages);
}

/** What the scatterplots' axes span where all share a scale.
    @type {() => { rangeX: number[], rangeY: number[] } | null} */
function spans() {
  const found = /** @type {Guidance[]} */ (opened().map(({ guidance }) => guidance).filter(Boolean));
  if (!state.isShared || !found.length) return null;
  /** @type {(name: "rangeX" | "rangeY") => number[]} */
  const over = (name) => [Math.min(...found.map((each) => each[name][0])), Math.max(...found.map((each) => each[name][1]))];
  return { rangeX: over("rangeX"), rangeY: over("rangeY") };
}

function draw() {
  const common = spans();
  compareHeads.draw(heads, state);
  for (const column of shown()) compareColumn.draw(column, state, common);
  compareDifference.draw(difference, state);
}

function redraw() {
  paintGuidance();
  paintJacobians();
  compareDifference.paint(difference);
  compare.draw();
}

// ---- the difference

/** The two networks chosen, as far as they are shown; else the first two columns.
    @type {() => string[]} */
function subtracted() {
  const [one, other] = state.difference;
  const isShown = state.networks.includes(one) && state.networks.includes(other) && one !== other;
  return isShown ? [one, other] : state.networks.slice(0, 2);
}

/** Only networks that are shown can be subtracted. */
function offerDifference() {
  const [one, other] = subtracted();
  const data = state.networks.map((/** @type {string} */ name) => ({ value: name, label: name }));
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

/** The reader has chosen which network to subtract from which, unless it is what was just offered.
    @type {(one: string, other: string) => void} */
export function subtract(one, other) {
  state.subtraction = [one, other];
  if (state.offered) {
    if (String(state.offered) === String(state.subtraction)) state.offered = null;
    return;
  }
  if (!one || !other || !difference || String(subtracted()) === String(state.subtraction)) return;
  state.difference = [one, other];
  follow();
  compare.draw();
  compare.rest();
}

// ---- called by Dash

/** @type {(pair: string, display: Display, colormap: string, side: string, manner: string, color: boolean, zooms: boolean, light: boolean, gamma1: number, gamma2: number, networks: string[] | null, isShared: boolean, start: any, tables: Record<string, string>) => void} */
export function configure(pair, display, colormap, window_, manner, color, zooms, light, gamma1, gamma2, networks, isShared, start, tables) {
  if (!heads) begin(start, tables);
  // The export follows this switch, but not every other choice: what was chosen in its menu stays.
  if (isShared !== state.isShared) dash_clientside.set_props("export-scales", { checked: isShared });
  state.isShared = isShared;
  compare.choose({ display, colormap, window: Number(window_), manner, color, zooms, light, gamma1, gamma2 });
  for (const [name, isOn] of Object.entries({ "no-zooms": !zooms, "own-scales": !isShared })) root().classList.toggle(name, isOn);
  dash_clientside.set_props("provider", { forceColorScheme: light ? "light" : "dark" });
  state.ink = getComputedStyle(root()).color;
  const isNewPair = state.pair !== pair;
  state.pair = pair;
  if (isNewPair || String(networks) !== String(state.networks)) arrange(networks || [], isNewPair);
  say(state.networks.length < 2 ? "Choose at least two networks to compare." : "");
  compare.refit();
  showImages();
  redraw();
  compare.rest();
}

/** @type {(start: any, tables: Record<string, string>) => void} */
function begin(start, tables) {
  installTables(tables);
  Object.assign(state, { last: start, difference: start.difference });
  heads = compareHeads.heads();
  byId("compare-grid").replaceChildren(heads.root);
  difference = compareDifference.attach(byId("compare-difference"), page);
  pointer.attach([...heads.panels, ...difference.panels], compare);
  side = largestSide();
  compareCommits.attach(page);
  const observer = new ResizeObserver(() => { compare.refit(); redraw(); });
  observer.observe(byId("compare-grid"));
}

/** The panels have another size: show a large image as far as they can show it now. */
function resized() {
  side = largestSide();
  arrange(state.networks, true);
}

export const shownDifference = () => difference;

/** Compare, as its parts know it. */
const page = {
  ...compare, columns, opened, subtracted, say, move, hide, joined, renew, sharpened, finished,
};

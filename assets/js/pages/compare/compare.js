/* Compare in the browser: one viewer of several networks, a column each. See dashboard/pages/compare/layout.py. */
import { byId, put } from "../../components/elements.js";
import * as colorbar from "../../imaging/colorbar.js";
import { installTables } from "../../imaging/colormap.js";
import * as painting from "../../imaging/painting.js";
import * as blend from "../../viewer/blend.js";
import * as inputOverlay from "../../viewer/input_overlay.js";
import * as networkView from "../../viewer/network_view.js";
import { largestSide } from "../../viewer/panel_size.js";
import * as pointer from "../../viewer/pointer.js";
import { valuesText } from "../../viewer/raw_values.js";
import { viewer } from "../../viewer/viewer.js";
import * as compareColumn from "./column.js";
import * as compareCommits from "./commits.js";
import * as compareDifference from "./difference.js";
import * as compareHeads from "./heads.js";
import * as enlargedPanel from "./enlarged_panel.js";
import * as lightBox from "./light_box.js";

const MOST = 7; // networks, as in dashboard/pages/compare/state.py
const root = () => /** @type {HTMLElement} */ (document.querySelector(".compare"));

/** @type {Map<string, Column>} */
export const columns = new Map(); // by network
/** @type {any} */
let heads = null;
let attached = ""; // what the pointer's requests ask
let side = 0;
const NOTHING_REFUSED = { kept: "", sentence: "" };
let refused = NOTHING_REFUSED; // networks that were chosen beyond the most

/** @type {Pointed & Record<string, any>} */
const compare = viewer({
  prefix: "compare-",
  root,
  panels: () => [...heads.panels, ...shown().flatMap(({ panels }) => panels)],
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
Object.assign(state, { pair: null, networks: [], isShared: true, reference: "", rows: [], cells: "actual", zooms: false, shown: new Set() });

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
  shown().forEach(({ left, right }, place) => {
    left.disabled = place === 0;
    right.disabled = place === networks.length - 1;
  });
  if (isNewPair) forget();
  layOut();
  for (const column of isNewPair ? shown() : fresh) compareColumn.open(column, state.pair, side);
  attach();
  offerReference();
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
    const { width, height, aspect, step, spacing, orientation, raw } = column.view;
    Object.assign(state, { width, height, aspect, step, spacing, orientation, raw });
    compareHeads.open(heads, column.view, column.images ?? {}, state.color, state.levels);
    dash_clientside.set_props("compare-color", { disabled: !column.view.has_color });
    layOut();
  }
  attach();
  follow();
  compare.draw();
}

/** Ask all opened networks at once for the pixels to come. */
function attach() {
  const networks = opened().filter(({ isAsleep }) => !isAsleep).map(({ network }) => network).sort();
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
  const found = about.columns.find((/** @type {any} */ part) => part.x1 !== undefined && part.x1 !== null), view = found && columns.get(found.network)?.view;
  state.values = view ? valuesText(view.names, found, view.raw) : "";
  paintJacobians();
}

const sharpened = () => { paintGuidance(); compare.draw(); };
const finished = () => { follow(); compare.rest(); };

// ---- painting

/** The scale of a column: everybody's, or its own.
    @type {(limit: (column: Column) => number, gamma: number, look?: ViewerState) => (column: Column) => Scale} */
function scales(limit, gamma, look = state) {
  const own = new Map(opened().map((column) => [column, limit(column)]));
  const common = Math.max(0, ...own.values());
  return (column) => painting.scale(state.isShared ? common : own.get(column) ?? 0, gamma, look);
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

/** Differences are signed, whatever the derivatives are shown as. */
function paintDifferences() {
  const look = { ...state, display: /** @type {Display} */ ("signed") };
  /** @type {(kind: "fused" | "guidance", gamma: number) => (column: Column) => Scale} */
  const of = (kind, gamma) => scales((column) => compareDifference.limitOf(column.difference, kind), gamma, look);
  const fused = of("fused", 1), guidance = of("guidance", state.gamma2);
  for (const column of opened()) {
    compareDifference.paint(column.difference, { fused: fused(column), guidance: guidance(column) });
    if (!state.isShared) colorbar.draw(column.ownBars.difference, fused(column));
  }
  if (state.isShared && opened().length) compareHeads.scaled(heads, "difference", fused(opened()[0]));
}

/** @type {Record<string, () => void>} */
const recolored = { picture: showImages, guidance() { paintGuidance(); paintDifferences(); }, jacobian: paintJacobians };

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
  const common = spans(), reference = columns.get(referred()) ?? null;
  compareHeads.draw(heads, state);
  for (const column of shown()) compareColumn.draw(column, state, common, column === reference ? null : reference);
}

function redraw() {
  paintGuidance();
  paintJacobians();
  paintDifferences();
  compare.draw();
}

/** Give every picture its place; where that changes, panels are measured anew before they are drawn. */
function layOut() {
  if (lightBox.arrange(state, heads.note)) compare.refit();
}

// ---- the reference

/** The network that the others are compared with: the chosen one as far as it is shown, else the first column.
    @type {() => string} */
const referred = () => (state.networks.includes(state.reference) ? state.reference : state.networks[0] ?? "");

/** Only a network that is shown can be the reference. */
function offerReference() {
  const data = state.networks.map((/** @type {string} */ name) => ({ value: name, label: name }));
  dash_clientside.set_props("compare-reference", { data, value: referred() || null });
  follow();
}

/** Have the differences that are ticked, or that will be. */
function follow() {
  if (!state.rows.some((/** @type {string} */ row) => row.endsWith("difference"))) return;
  const reference = columns.get(referred());
  for (const column of shown()) {
    compareDifference.follow(column.difference, reference, side, () => { paintDifferences(); compare.draw(); }, say);
    compareColumn.label(column);
    column.root.classList.toggle("reference", column === reference);
  }
}

/** The reader has chosen the reference, or was offered one.
    @type {(name: string | null) => void} */
export function refer(name) {
  if (!name || !heads || name === referred()) return;
  state.reference = name;
  follow();
  compare.draw();
  compare.rest();
}

// ---- called by Dash

/** @type {(pair: string, display: Display, colormap: string, side: string, manner: string, color: boolean, light: boolean, gamma1: number, gamma2: number, networks: string[] | null, isShared: boolean, rows: string[] | null, cells: string, start: any, tables: Record<string, string>) => void} */
export function configure(pair, display, colormap, window_, manner, color, light, gamma1, gamma2, networks, isShared, rows, cells, start, tables) {
  if (!heads) begin(start, tables);
  // The export follows this switch, but not every other choice: what was chosen in its menu stays.
  if (isShared !== state.isShared) dash_clientside.set_props("export-scales", { checked: isShared });
  const zooms = Boolean(rows?.includes("zooms")), chosen = (networks || []).slice(0, MOST);
  Object.assign(state, { isShared, rows: rows ?? [], cells });
  compare.choose({ display, colormap, window: Number(window_), manner, color, zooms, light, gamma1, gamma2 });
  for (const [name, isOn] of Object.entries({ "no-zooms": !zooms, "own-scales": !isShared })) root().classList.toggle(name, isOn);
  dash_clientside.set_props("provider", { forceColorScheme: light ? "light" : "dark" });
  state.ink = getComputedStyle(root()).color;
  const isNewPair = state.pair !== pair;
  state.pair = pair;
  if (isNewPair || String(chosen) !== String(state.networks)) arrange(chosen, isNewPair);
  else layOut();
  say(told(networks || []));
  compare.refit();
  showImages();
  follow();
  redraw();
  compare.rest();
}

/** What has to be said of a choice of networks; one more than fit is taken back.
    @type {(networks: string[]) => string} */
function told(networks) {
  if (networks.length > MOST) {
    const value = networks.slice(0, MOST);
    refused = { kept: String(value), sentence: `${MOST} networks stand side by side at most: hide one to see ${networks.slice(MOST).join(", ")}.` };
    dash_clientside.set_props("compare-networks", { value });
  }
  if (String(networks.slice(0, MOST)) === refused.kept) return refused.sentence;
  refused = NOTHING_REFUSED;
  return networks.length < 2 ? "Choose at least two networks to compare." : "";
}

/** @type {(start: any, tables: Record<string, string>) => void} */
function begin(start, tables) {
  installTables(tables);
  Object.assign(state, { last: start, reference: start.reference });
  heads = compareHeads.heads();
  byId("compare-grid").replaceChildren(heads.root);
  pointer.attach(heads.panels, compare);
  blend.attach(byId("compare-blend"), "each network with the reference, and one input with the other", compare.draw);
  byId("compare-blend").append(inputOverlay.choice(() => { compareHeads.announceInputs(heads); compare.draw(); }));
  lightBox.attachDrawer();
  enlargedPanel.attach(() => { compare.refit(); compare.draw(); });
  side = largestSide();
  compareCommits.attach(page);
  const observer = new ResizeObserver(() => { layOut(); compare.refit(); redraw(); });
  observer.observe(byId("compare-box"));
}

/** The panels have another size: show a large image as far as they can show it now. */
function resized() {
  side = largestSide();
  arrange(state.networks, true);
}

/** Compare, as its parts know it. */
const page = {
  ...compare, columns, opened, referred, say, move, hide, joined, renew, sharpened, finished,
};

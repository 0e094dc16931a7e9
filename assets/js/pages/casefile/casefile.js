/* A case file, opened from a disk: a pair and one or several networks under one pointer. See dashboard/report/case_file.py. */
import * as keptWindows from "../../data/kept_windows.js";
import { bytesOf, inflated } from "../../data/file_parts.js";
import { unpacked } from "../../data/wire.js";
import * as colorbar from "../../imaging/colorbar.js";
import { installTables } from "../../imaging/colormap.js";
import { PANEL_IMAGES } from "../../imaging/panel_images.js";
import * as painting from "../../imaging/painting.js";
import * as networkView from "../../viewer/network_view.js";
import * as panelCanvases from "../../viewer/panel_canvases.js";
import * as pointer from "../../viewer/pointer.js";
import { viewer } from "../../viewer/viewer.js";
import { announce, byId, make } from "../../components/elements.js";
import * as layout from "./case_layout.js";
import * as caseReadout from "./case_readout.js";

/** @typedef {NetworkView & { about: any, kept: import("../../data/kept_windows.js").KeptNetwork, root: HTMLElement, panels: Panel[], readout: HTMLElement, bars: HTMLCanvasElement[], isShown: boolean }} Shown */

const IMAGES = ["fused", "rgb", "guidance1", "guidance2", "jacobian1", "jacobian2"];
const INPUTS = ["first", "second"];

/** @type {any} */
let about = null; // what the file says of its pair
/** @type {import("../../data/kept_windows.js").KeptArea} */
let area;
/** @type {Shown[]} */
const networks = [];
/** @type {NetworkView} */
let inputs;
/** @type {Panel[]} */
let inputPanels = [];

const shown = () => networks.filter(({ isShown }) => isShown);

/** @type {Pointed & Record<string, any>} */
const page = viewer({
  prefix: "",
  root: () => byId("casefile"),
  panels: () => [...inputPanels, ...networks.flatMap(({ panels }) => panels)],
  parts: (found) => found.parts,
  isOther: () => false,
  answered: () => true,
  failed: (error) => { byId("problem").textContent = error.message; },
  take,
  draw,
  recolored: (kind) => recolored[kind](),
  pinned: tell,
  resized() {},
  settled() {},
});

/** The controls that Dash keeps elsewhere are plain fields here. */
globalThis.dash_clientside = /** @type {any} */ ({
  set_props(/** @type {string} */ id, /** @type {Record<string, unknown>} */ props) { Object.assign(byId(id) ?? {}, props); },
});

/** @type {(message: Message) => void} */
function take(message) {
  for (const [place, each] of shown().entries()) networkView.take(each, message.about.parts[place]);
  paintJacobians();
  tell();
}

/** The read-outs say what is shown. */
function tell() {
  for (const each of shown()) if (each.answer) caseReadout.show(each.readout, each.answer.about, each.about);
  const first = shown()[0]?.answer?.about;
  if (first) caseReadout.locate(byId("place"), first, about, page.state.isPinned);
}

// ---- painting

/** @type {Record<string, () => void>} */
const recolored = { picture: paintImages, guidance: paintGuidance, jacobian: paintJacobians };

function paintImages() {
  for (const each of [inputs, ...networks]) networkView.showImages(each);
}

function paintGuidance() {
  const { state } = page, each = shown().map(networkView.guidanceLimit), limit = Math.max(...each);
  for (const [place, network] of shown().entries()) {
    const scale = painting.scale(state.shared ? limit : each[place], state.gamma2, state);
    networkView.paintGuidance(network, scale);
    colorbar.draw(network.bars[0], scale);
  }
}

function paintJacobians() {
  const { state } = page, each = shown().map(networkView.jacobianLimit), limit = Math.max(...each);
  for (const [place, network] of shown().entries()) {
    const scale = painting.scale(state.shared ? limit : each[place], state.gamma1, state);
    networkView.paintJacobian(network, scale);
    if (network.answer) colorbar.draw(network.bars[1], scale);
  }
}

function draw() {
  for (const panel of inputPanels) panelCanvases.draw(panel, networkView.pictureIn(inputs, panel), page.state);
  for (const network of shown()) {
    for (const panel of network.panels) panelCanvases.draw(panel, networkView.pictureIn(network, panel), page.state);
  }
}

// ---- what is chosen

/** Take over the controls' values. */
function choose() {
  page.choose(layout.chosen());
  document.body.classList.toggle("light", page.state.light);
  paintImages();
  paintGuidance();
  paintJacobians();
  page.draw();
}

/** Show a network or put it away; one is always shown.
    @type {(network: Shown, isNow: boolean) => void} */
function toggle(network, isNow) {
  network.isShown = isNow || shown().length === 1;
  network.root.hidden = !network.isShown;
  layout.fit(shown().length);
  keptWindows.keep(area, shown().map(({ kept }) => kept));
  const { asked } = page.state;
  if (asked) page.aim(asked); // an answer for those that are shown now
  choose();
}

// ---- reading the file

/** @type {(id: string) => Promise<Message>} */
const messageOf = async (id) => unpacked(await inflated(bytesOf(id)));

async function open() {
  const pair = await messageOf("pair");
  about = pair.about;
  const { height, width, aspect, spacing, orientation, names, raw } = about, [top, bottom, left, right] = about.area;
  installTables(about.tables);
  area = { top, bottom, left, right, size: { height, width }, inputs: pair.arrays };
  layout.build(about, choose);
  Object.assign(page.state, { width, height, aspect, spacing, orientation, raw, step: 1, shared: true });
  const size = { width, height, aspect, step: 1 };
  inputs = networkView.networkView(page.state);
  networkView.open(inputs, INPUTS, size, pair.arrays, UNASKED);
  inputPanels = INPUTS.map((image, place) => layout.panelIn(byId("inputs"), image, names[place], false));
  for (let number = 0; byId(`network-${number}`); number += 1) networks.push(await read(number, size));
  layout.provenance(about, networks.map((each) => each.about));
  keptWindows.keep(area, networks.map(({ kept }) => kept));
  pointer.attach(page.panels(), page);
  const observer = new ResizeObserver(() => { page.refit(); page.draw(); });
  for (const { canvas } of page.panels()) observer.observe(canvas);
  layout.offer(networks, toggle);
  layout.fit(networks.length);
  choose();
  page.ask("casefile", {});
  page.aim({ row: Math.floor((top + bottom) / 2), col: Math.floor((left + right) / 2) });
  document.body.dataset.ready = "1";
}

/** Nothing of a case file is reduced, so that no exact window is asked for. */
const UNASKED = { path: "", words: {}, draw() {}, failed() {} };

/** A network's part of the file, opened.
    @type {(number: number, size: any) => Promise<Shown>} */
async function read(number, size) {
  const message = await messageOf(`network-${number}`), { fused, blue, ...figures } = message.arrays;
  const kept = { about: message.about, figures, codes: bytesOf(`windows-${number}`), starts: keptWindows.startsOf(message.about.lengths) };
  const { root, bars, readout } = layout.networkIn(byId("networks"), message.about);
  const view = Object.assign(networkView.networkView(page.state), {
    about: message.about, kept, root, bars, readout, isShown: true, panels: /** @type {Panel[]} */ ([]),
  });
  networkView.open(view, IMAGES, size, { fused, blue }, UNASKED);
  const [one, two] = ["d1", "d2"].map((name) => inImage(figures[name], size));
  const isWhole = figures.d1.shape[0] === size.height && figures.d1.shape[1] === size.width;
  networkView.takeGuidance(view, { first: one, second: two, ...(isWhole ? {} : { known: knownIn(size) }) }, {}, true);
  view.panels = IMAGES.map((image) => {
    const { kind, input } = PANEL_IMAGES[image], isZoom = kind === "jacobian";
    const name = kind === "overlay" ? "Guidance RGB" : input === null ? "Fused" : `${isZoom ? "Jacobian" : "Guidance"} ${about.names[input]}`;
    return layout.panelIn(/** @type {HTMLElement} */ (root.querySelector(".grid")), image, name, isZoom);
  });
  for (const panel of view.panels) announce(panel, `${panel.image}, ${message.about.name}`);
  return view;
}

/** Values of the file's pixels at their place in the image, NaN around them.
    @type {(values: Values, size: Size) => Values} */
function inImage(values, { width, height }) {
  const found = Object.assign(new Float32Array(width * height).fill(NaN), { shape: [height, width] });
  const across = area.right - area.left;
  for (let row = area.top; row < area.bottom; row += 1) {
    found.set(values.subarray((row - area.top) * across, (row - area.top + 1) * across), row * width + area.left);
  }
  return found;
}

/** @type {(size: Size) => Bytes} */
function knownIn({ width, height }) {
  const known = Object.assign(new Uint8Array(width * height), { shape: [height, width] });
  for (let row = area.top; row < area.bottom; row += 1) known.fill(1, row * width + area.left, row * width + area.right);
  return known;
}

open().catch((error) => {
  byId("casefile").append(make("p", { class: "problem", role: "alert", text: `This file cannot be shown: ${error.message}` }));
  throw error;
});

/* One network less another on Compare: fused image and guidance, signed, zero in the middle of the colours. */
import * as exactWindows from "../../data/exact_windows.js";
import * as wire from "../../data/wire.js";
import * as colorbar from "../../imaging/colorbar.js";
import { short } from "../../imaging/colormap.js";
import * as painting from "../../imaging/painting.js";
import { INPUTS, announce, make, panel, put } from "../../components/elements.js";
import * as panelCanvases from "../../viewer/panel_canvases.js";

const IMAGES = ["fused", "guidance1", "guidance2"];

/** @type {(names: string[]) => Record<string, string>} */
const titles = ([one, two]) => ({ fused: "Fused", guidance1: `Guidance ${one}`, guidance2: `Guidance ${two}` });

/** The panels of a difference inside `place`; `page` is Compare.
    @type {(place: Element, page: any) => any} */
export function attach(place, page) {
  /** @type {any} */
  const self = { page, pictures: {}, message: null, wanted: "", one: null, other: null };
  self.windows = exactWindows.follower();
  self.notes = Object.fromEntries(IMAGES.map((image) => [image, make("span", { class: "note" })]));
  self.names = Object.fromEntries(IMAGES.map((image) => [image, make("span")]));
  self.bars = { fused: bar(), guidance: bar() };
  place.replaceChildren(...IMAGES.map((image) => make("div", { class: "difference-row" },
    make("div", { class: "row", "data-row": image },
      panel(image, false, { picks: true }), panel(image, true)),
    make("div", { class: "difference-note" }, self.names[image], ...(image === "guidance2" ? [] : [self.bars[image === "fused" ? "fused" : "guidance"]]), self.notes[image]))));
  self.panels = panelCanvases.all(place);
  for (const each of self.panels) if (each.kind === "picture") each.kind = "difference";
  label(self);
  return self;
}

/** @type {() => HTMLCanvasElement} */
const bar = () => make("canvas", { class: "bar", role: "img" });

/** Name every panel after what is subtracted.
    @type {(self: any) => void} */
function label({ panels, one, other }) {
  const named = titles(one?.view?.names || INPUTS);
  const networks = one && other ? `, ${one.network} less ${other.network}` : "";
  for (const each of panels) announce(each, `Difference, ${named[each.image]}${each.isZoom ? ", zoom" : ""}${networks}`);
}

/** Show column `one` less `other`; guidance once both are finished. Nothing where either is missing.
    @type {(self: any, one: Column | undefined, other: Column | undefined, side: number) => Promise<void>} */
export async function show(self, one, other, side) {
  Object.assign(self, { one, other });
  label(self);
  const isThere = one?.view && other?.view && one !== other;
  const isFinished = isThere && one.guidance?.isComplete && other.guidance?.isComplete;
  const wanted = isThere ? [one.view.key, other.view.key, one.view.pair, side, Boolean(isFinished)].join(" ") : "";
  if (wanted === self.wanted) return;
  self.wanted = wanted;
  if (!isThere || !self.message?.about.key.startsWith(`${one.view.key} ${other.view.key}`)) clear(self);
  if (!isThere) return;
  const words = { pair: one.view.pair, one: one.network, other: other.network };
  try {
    const message = await wire.ask("compare/difference", { ...words, side });
    if (wanted !== self.wanted) return;
    take(self, message);
    if (message.about.step > 1) {
      self.windows.attach({ key: message.about.key, path: "compare/difference", words }, (/** @type {Message} */ found) => { patch(self, found); self.page.draw(); },
        (/** @type {string} */ sentence) => put(self.notes.fused, sentence));
      self.windows.sharpened(message.about.done, self.page.state);
    }
  } catch (error) {
    if (wanted === self.wanted) put(self.notes.fused, error.message);
  }
  self.page.draw();
}

/** @type {(self: any) => void} */
function clear(self) {
  self.message = self.exact = null;
  self.pictures = {};
  self.windows.attach(null);
  for (const image of IMAGES) put(self.notes[image], "");
}

/** @type {(self: any, message: Message) => void} */
function take(self, message) {
  const { about, arrays } = message, named = titles(self.one.view.names);
  self.message = message;
  self.exact = null;
  for (const image of IMAGES) {
    put(self.names[image], named[image]);
    const isThere = Boolean(arrays[image]);
    put(self.notes[image], isThere ? `mean size ${short(about.means[image])}` : "when both are finished");
  }
  self.pictures = painting.empty(Object.keys(arrays), self.one.view);
  paint(self);
}

/** @type {(self: any, image: string) => Scale} */
const scaleOf = (self, image) => {
  const { state } = self.page, { limits } = self.message.about;
  const isFused = image === "fused";
  return painting.scale(isFused ? limits.fused : limits.guidance, isFused ? 1 : state.gamma2, { display: "signed", colormap: state.colormap });
};

/** @type {(self: any) => void} */
export function paint(self) {
  if (!self.message) return;
  for (const [image, values] of Object.entries(self.message.arrays)) painting.values(self.pictures[image], values, scaleOf(self, image));
  colorbar.draw(self.bars.fused, scaleOf(self, "fused"));
  colorbar.draw(self.bars.guidance, scaleOf(self, "guidance1"));
  if (self.exact) patch(self, self.exact);
}

/** Every pixel around the pointer, where whole pictures show blocks.
    @type {(self: any, message: Message) => void} */
function patch(self, message) {
  self.exact = message;
  for (const [image, values] of Object.entries(message.arrays)) {
    if (self.pictures[image]) self.pictures[image].patch = painting.patchOf(values, message.about, scaleOf(self, image));
  }
}

/** @type {(self: any, state: ViewerState) => void} */
export function draw(self, state) {
  for (const each of self.panels) {
    if (each.isZoom && !state.zooms) continue;
    panelCanvases.draw(each, !each.isZoom || state.pixel ? self.pictures[each.image] : null, state);
  }
}

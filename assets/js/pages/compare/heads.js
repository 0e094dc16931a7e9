/* The first columns of Compare: the rows' names, both inputs, and where the pointer is. Above the box the colour bars. */
import * as blocks from "../../imaging/blocks.js";
import * as colorbar from "../../imaging/colorbar.js";
import * as painting from "../../imaging/painting.js";
import { announce, byId, make, panel, put, term } from "../../components/elements.js";
import * as panelCanvases from "../../viewer/panel_canvases.js";
import * as blend from "../../viewer/blend.js";
import * as inputOverlay from "../../viewer/input_overlay.js";
import { grainWords } from "../../viewer/pixel_size.js";
import { IMAGES } from "./rows.js";

const INPUTS = ["first", "second"];
/** What the glossary calls what the rows show.
    @type {Record<string, string>} */
const TERMS = {
  fused: "Fused image", guidance1: "Guidance images", guidance2: "Guidance images", rgb: "Guidance RGB",
  jacobian1: "Jacobian images", jacobian2: "Jacobian images", scatter: "Scatterplot",
};
/** What has a colour bar of its own. */
const KINDS = ["guidance", "jacobian", "difference"];

/** @type {() => any} */
export function heads() {
  /** @type {any} */
  const self = { pictures: {}, images: null, names: {}, captions: {}, bars: {} };
  self.where = make("strong", { id: "compare-pixel" });
  self.about = make("span", { id: "compare-about", class: "quiet" });
  self.values = make("span", { id: "compare-values", class: "quiet" });
  const names = IMAGES.map((image) => make("div", { class: "row-name", "data-row": image }, self.names[image] = TERMS[image] ? term("", TERMS[image]) : make("span")));
  const inputs = INPUTS.map((image) => make("figure", {},
    panel(image, false, { picks: true, label: `The ${image} input` }), self.captions[image] = make("figcaption")));
  self.root = make("section", { class: "row-heads", "aria-label": "Inputs" },
    make("header", {}, self.where, self.values, self.about),
    make("div", { class: "row-names" }, ...names), make("div", { class: "inputs" }, ...inputs));
  byId("compare-legend").replaceChildren(...KINDS.map((kind) => {
    self.bars[kind] = make("canvas", { class: "bar", role: "img", "aria-label": "Colour scale" });
    return make("div", { class: "legend", "data-kind": kind }, make("span", { text: kind[0].toUpperCase() + kind.slice(1) }), self.bars[kind]);
  }), self.note = make("span", { class: "box-note", role: "status" }));
  self.panels = panelCanvases.all(self.root);
  return self;
}

/** What each row is called; the inputs by their own names.
    @type {(names: string[]) => Record<string, string>} */
const titles = ([one, two]) => ({
  fused: "Fused", guidance1: `Guidance ${one}`, guidance2: `Guidance ${two}`, rgb: `RGB: ${one}, ${two}, fused`,
  jacobian1: `Jacobian ${one}`, jacobian2: `Jacobian ${two}`, difference: "Fused − reference",
  difference1: `Guidance ${one} − reference`, difference2: `Guidance ${two} − reference`, scatter: `${two} against ${one}`,
});

/** A pair has been opened: name the rows and show its inputs.
    @type {(self: any, view: any, images: Record<string, any>, inColor: boolean, levels?: Record<string, Levels>) => void} */
export function open(self, view, images, inColor, levels) {
  for (const [image, text] of Object.entries(titles(view.names))) {
    put(self.names[image], text);
    self.names[image].parentElement.title = text;
  }
  INPUTS.forEach((image, place) => put(self.captions[image], view.names[place]));
  self.inputs = view.names;
  announceInputs(self);
  const grain = view.spacing ? ` · ${grainWords(view)}` : "";
  const scale = view.step > 1 ? ` · 1:${view.step}` : "";
  put(self.about, `${view.title} · ${view.height} × ${view.width}${grain}${scale}`);
  self.about.title = [self.about.textContent, blocks.note(view.step)].filter(Boolean).join(": ");
  self.images = images;
  self.pictures = painting.empty(INPUTS, view);
  showImages(self, inColor, levels);
}

/** Tell who does not see the inputs what they are, or what is laid over them.
    @type {(self: any) => void} */
export function announceInputs({ panels, inputs }) {
  for (const each of inputs ? panels : []) announce(each, inputOverlay.noteOf(each.image, inputs) || inputs[INPUTS.indexOf(each.image)]);
}

/** @type {(self: any) => void} */
export function clear(self) {
  Object.assign(self, { pictures: {}, images: null });
  put(self.where, "");
  put(self.values, "");
  put(self.about, "");
}

/** @type {(self: any, inColor: boolean, levels?: Record<string, Levels>) => void} */
export function showImages(self, inColor, levels) {
  if (self.images) painting.images(self.pictures, self.images, inColor, levels);
  inputOverlay.recolored();
}

/** The shared scale of a kind of row: "guidance", "jacobian" or "difference".
    @type {(self: any, kind: string, scale: Scale) => void} */
export const scaled = (self, kind, scale) => colorbar.draw(self.bars[kind], scale);

/** @type {(self: any, state: ViewerState) => void} */
export function draw(self, state) {
  const { first, second } = self.pictures;
  blend.over(first, second);
  blend.over(second, blend.isHeld() ? first : null);
  if (self.inputs && !blend.isHeld()) inputOverlay.lay(self.pictures, self.images, self.inputs);
  for (const each of self.panels) panelCanvases.draw(each, self.pictures[each.image], state);
  if (!state.pixel) return;
  put(self.where, `row ${state.pixel.row}, column ${state.pixel.col}${state.isPinned ? " · pinned" : ""}`);
  put(self.values, state.values ?? "");
  self.values.title = `${state.values ?? ""}: value of each input, in brackets as in its file`;
}

/* The first column of Compare: what each row shows, both inputs, the shared colour bars, and where the pointer is. */
import * as blocks from "../../imaging/blocks.js";
import * as colorbar from "../../imaging/colorbar.js";
import * as painting from "../../imaging/painting.js";
import { PANEL_IMAGES } from "../../imaging/panel_images.js";
import { announce, make, panel, put, term } from "../../components/elements.js";
import * as panelCanvases from "../../viewer/panel_canvases.js";

/** @type {Record<string, string>} */
const INPUTS = { guidance1: "first", guidance2: "second" };
/** The rows, and what the glossary calls what they show.
    @type {Record<string, string>} */
const TERMS = {
  fused: "Fused image", guidance1: "Guidance images", guidance2: "Guidance images", rgb: "Guidance RGB",
  jacobian1: "Jacobian images", jacobian2: "Jacobian images", scatter: "Scatterplot",
};

/** @type {() => any} */
export function heads() {
  /** @type {any} */
  const self = { pictures: {}, images: null, step: 1, names: {}, bars: [] };
  self.where = make("strong", { id: "compare-pixel" });
  self.about = make("span", { id: "compare-about", class: "quiet" });
  const corner = make("header", {}, self.where, self.about);
  const rows = Object.keys(TERMS).flatMap((row) => {
    const { kind, input } = PANEL_IMAGES[row];
    const parts = [self.names[row] = term("", TERMS[row])];
    if (input !== null) {
      const bar = make("canvas", { class: "bar", role: "img" });
      self.bars.push({ kind, canvas: bar });
      parts.push(bar);
    }
    if (INPUTS[row]) parts.push(panel(INPUTS[row], false, { picks: true, label: `The ${INPUTS[row]} input` }));
    const cell = make("div", { class: "row-head", "data-row": row }, ...parts);
    return input === 0 ? [make("div", { class: "own-bar" }), cell] : [cell];
  });
  self.root = make("section", { class: "row-heads", "aria-label": "Rows" }, corner, ...rows);
  self.panels = panelCanvases.all(self.root);
  return self;
}

/** A pair has been opened: name the rows and show its inputs.
    @type {(self: any, view: any, images: Record<string, any>, inColor: boolean) => void} */
export function open(self, view, images, inColor) {
  const [one, two] = view.names;
  const names = {
    fused: "Fused", guidance1: `Guidance ${one}`, guidance2: `Guidance ${two}`, rgb: `RGB: R ${one} · G ${two} · B fused`,
    jacobian1: `Jacobian ${one}`, jacobian2: `Jacobian ${two}`, scatter: `Guidance: ${two} against ${one}`,
  };
  for (const [row, name] of Object.entries(names)) put(self.names[row], name);
  for (const each of self.panels) announce(each, each.image === "first" ? one : two);
  const grain = view.spacing ? ` · ${view.spacing} mm` : "";
  const scale = view.step > 1 ? ` · 1:${view.step}` : "";
  put(self.about, `${view.title} · ${view.height} × ${view.width}${grain}${scale}`);
  self.about.title = [self.about.textContent, blocks.note(view.step)].filter(Boolean).join(": ");
  self.images = images;
  self.pictures = painting.empty(["first", "second"], view);
  showImages(self, inColor);
}

/** @type {(self: any) => void} */
export function clear(self) {
  Object.assign(self, { pictures: {}, images: null });
  put(self.where, "");
  put(self.about, "");
}

/** @type {(self: any, inColor: boolean) => void} */
export function showImages(self, inColor) {
  if (self.images) painting.images(self.pictures, self.images, inColor);
}

/** The shared scale of a kind of row: "guidance" or "jacobian".
    @type {(self: any, kind: string, scale: Scale) => void} */
export function scaled(self, kind, scale) {
  for (const { canvas } of self.bars.filter((/** @type {any} */ bar) => bar.kind === kind)) colorbar.draw(canvas, scale);
}

/** @type {(self: any, state: ViewerState) => void} */
export function draw(self, state) {
  for (const each of self.panels) panelCanvases.draw(each, self.pictures[each.image], state);
  if (state.pixel) put(self.where, `row ${state.pixel.row}, column ${state.pixel.col}${state.isPinned ? " · pinned" : ""}`);
}

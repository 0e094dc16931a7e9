/* The canvases of the panels: what they show, and where in the image a point of the screen lies. */
import { contextOf } from "../imaging/canvas.js";
import * as pictures from "../imaging/pictures.js";
import { PANEL_IMAGES } from "../imaging/panel_images.js";
import * as marks from "./marks.js";
import * as panelNotes from "./panel_notes.js";
import { placeAt, placing, windowPlacing } from "./view_transform.js";

/** Every panel in a part of the page: its plot, its canvas and what it shows.
    @type {(within?: ParentNode) => Panel[]} */
export function all(within = document) {
  const roots = /** @type {NodeListOf<HTMLElement>} */ (within.querySelectorAll(".panel[data-image]"));
  return [...roots].map((root) => ({
    root,
    image: root.dataset.image ?? "",
    kind: PANEL_IMAGES[root.dataset.image ?? ""]?.kind ?? "difference", // of two networks, which Compare alone has
    isZoom: root.dataset.zoom === "1",
    picks: root.classList.contains("picks"),
    plot: /** @type {HTMLElement} */ (root.querySelector(".plot")),
    canvas: /** @type {HTMLCanvasElement} */ (root.querySelector("canvas.live")),
    context: null,
    ground: null, // colour beside the picture; null: to be measured anew, as is the canvas
  }));
}

/** The screen, the theme or the layout has changed: measure every panel before it is drawn again.
    @type {(panels: Panel[]) => void} */
export function refit(panels) {
  for (const panel of panels) panel.ground = null;
}

/** Where the image lies in a panel of a size: whole panels share the state's view, zooms show the window.
    @type {(panel: Panel, state: ViewerState, frame: Size) => Placing} */
const placed = (panel, state, frame) => (panel.isZoom
  ? windowPlacing(/** @type {Pixel} */ (state.pixel), state.window, state, frame) : placing(state, state, frame));

/** Which pixel of the image lies under a point of the screen; null beside the image.
    @type {(panel: Panel, state: ViewerState, clientX: number, clientY: number) => Pixel | null} */
export function pixelAt(panel, state, clientX, clientY) {
  const frame = panel.plot.getBoundingClientRect();
  const place = placeAt(placed(panel, state, frame), clientX - frame.left, clientY - frame.top);
  const row = Math.floor(place.row), col = Math.floor(place.col);
  return row >= 0 && row < state.height && col >= 0 && col < state.width ? { row, col } : null;
}

/** The panel's drawing context, its canvas of as many pixels as the screen has there.
    @type {(panel: Panel) => CanvasRenderingContext2D} */
export function fit(panel) {
  const { canvas } = panel;
  if (panel.ground === null) { // measuring in every frame would lay the page out once more each time
    panel.ground = getComputedStyle(panel.plot).backgroundColor;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
  }
  // An opaque canvas spares the browser blending it; the axes of the scatterplot's figure show through.
  panel.context = panel.context || contextOf(canvas, { alpha: panel.image === "scatter" });
  return panel.context;
}

/** Draw one image panel: its picture, the cross-hair and the window box.
    @type {(panel: Panel, picture: Picture | null | undefined, state: ViewerState) => void} */
export function draw(panel, picture, state) {
  const context = fit(panel);
  const { width, height } = panel.canvas;
  context.fillStyle = panel.ground ?? "";
  context.fillRect(0, 0, width, height);
  if (!picture || (panel.isZoom && !state.pixel)) return panelNotes.show(panel, null, 1, state); // an empty panel
  const place = placed(panel, state, panel.canvas);
  context.setTransform(place.scale, 0, 0, place.scale * place.aspect, place.x, place.y);
  pictures.draw(context, picture, panel.isZoom, place);
  context.setTransform(1, 0, 0, 1, 0, 0);
  if (state.pixel) marks.draw(context, panel.isZoom, place, state);
  panelNotes.show(panel, picture, place.scale, state);
}

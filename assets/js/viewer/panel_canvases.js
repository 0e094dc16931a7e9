/* The canvases of the panels: what they show, and where in the image a point of the screen lies. */
import { contextOf } from "../imaging/canvas.js";
import * as pictures from "../imaging/pictures.js";

export const CROSS = "rgba(255, 80, 60, 0.75)";
export const BOX = "#ff3b30";
export const HALO = "rgba(0, 0, 0, 0.45)";
const HALO_WIDTH = 0.75; // CSS pixels on either side of a line
export const ZOOM_GAP = 0.4; // of the window's side: a zoom's cross-hair points at the pixel, but hides nothing near it

/** Every panel in a part of the page: its plot, its canvas and what it shows.
    @type {(within?: ParentNode) => Panel[]} */
export function all(within = document) {
  const roots = /** @type {NodeListOf<HTMLElement>} */ (within.querySelectorAll(".panel[data-image]"));
  return [...roots].map((root) => ({
    root,
    image: root.dataset.image ?? "",
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

/** The part of the image a panel shows, in pixel edges: pixel 0 reaches from 0 to 1.
    @type {(panel: Panel, state: ViewerState) => Corner & Size} */
function extent(panel, state) {
  if (!panel.isZoom) return { left: 0, top: 0, width: state.width, height: state.height };
  const half = state.window / 2;
  const { row, col } = /** @type {Pixel} */ (state.pixel);
  return { left: col + 0.5 - half, top: row + 0.5 - half, width: state.window, height: state.window };
}

/** Where `seen` lies in a plot of the given size, centred and undistorted.
    @type {(seen: Size, width: number, height: number) => { scale: number, x: number, y: number }} */
function placed(seen, width, height) {
  const scale = Math.min(width / seen.width, height / seen.height);
  return {
    scale,
    x: (width - seen.width * scale) / 2,
    y: (height - seen.height * scale) / 2,
  };
}

/** Which pixel of the image lies under a point of the screen; null beside the image.
    @type {(panel: Panel, state: ViewerState, clientX: number, clientY: number) => Pixel | null} */
export function pixelAt(panel, state, clientX, clientY) {
  const frame = panel.plot.getBoundingClientRect();
  const seen = extent(panel, state);
  const place = placed(seen, frame.width, frame.height);
  const col = Math.floor(seen.left + (clientX - frame.left - place.x) / place.scale);
  const row = Math.floor(seen.top + (clientY - frame.top - place.y) / place.scale);
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
  if (!picture || (panel.isZoom && !state.pixel)) return; // an empty panel
  const seen = extent(panel, state);
  const place = placed(seen, width, height);
  const { scale } = place;
  context.imageSmoothingEnabled = false;
  context.setTransform(scale, 0, 0, scale, place.x - seen.left * scale, place.y - seen.top * scale);
  pictures.draw(context, picture, panel.isZoom);
  context.setTransform(1, 0, 0, 1, 0, 0);
  if (state.pixel) mark(context, panel, seen, place, state);
}

/** @type {(context: CanvasRenderingContext2D, panel: Panel, seen: Corner & Size, place: { scale: number, x: number, y: number }, state: ViewerState) => void} */
function mark(context, panel, seen, place, state) {
  const ratio = window.devicePixelRatio || 1;
  const { row, col } = /** @type {Pixel} */ (state.pixel);
  /** @type {(value: number) => number} */
  const x = (value) => place.x + (value - seen.left) * place.scale;
  /** @type {(value: number) => number} */
  const y = (value) => place.y + (value - seen.top) * place.scale;
  const half = state.window / 2;
  context.beginPath();
  const gap = panel.isZoom ? ZOOM_GAP * state.window : 0;
  const middle = { x: x(col + 0.5), y: y(row + 0.5) };
  for (const [fromX, toX] of [[0, col + 0.5 - gap], [col + 0.5 + gap, state.width]]) {
    context.moveTo(x(fromX), middle.y);
    context.lineTo(x(toX), middle.y);
  }
  for (const [fromY, toY] of [[0, row + 0.5 - gap], [row + 0.5 + gap, state.height]]) {
    context.moveTo(middle.x, y(fromY));
    context.lineTo(middle.x, y(toY));
  }
  if (panel.isZoom) context.rect(x(col), y(row), place.scale, place.scale);
  outlined(context, CROSS, ratio, HALO_WIDTH * ratio);
  const side = state.window * place.scale;
  context.beginPath();
  context.rect(x(col + 0.5 - half), y(row + 0.5 - half), side, side);
  outlined(context, BOX, (panel.isZoom ? 3 : 1.5) * ratio, HALO_WIDTH * ratio);
}

/** Stroke a path so that it can be seen on any colour, red ones too.
    @type {(context: CanvasRenderingContext2D, color: string, width: number, halo: number) => void} */
function outlined(context, color, width, halo) {
  context.lineWidth = width + 2 * halo;
  context.strokeStyle = HALO;
  context.stroke();
  context.lineWidth = width;
  context.strokeStyle = color;
  context.stroke();
}

/* The hatch over what is not computed: two slate greys, in no colour table, on which diagonals can be told apart without
   colour vision; in pixels of the screen, however far a picture is zoomed. */
import { contextOf } from "./canvas.js";

/** Ground and line in the dark and in the light theme, as RGB. */
export const COLORS = Object.freeze({ dark: [[37, 41, 52], [92, 100, 121]], light: [[228, 228, 242], [152, 156, 182]] });
const SPACING = 8; // CSS pixels between two lines …
const WIDTH = 2; // … and across one

/** @type {Map<string, HTMLCanvasElement>} */
const tiles = new Map(); // by theme and grain

/** Hatch a rectangle of an image, from its upper left corner or from `at`.
    @type {(context: CanvasRenderingContext2D, width: number, height: number, at?: Corner) => void} */
export function hatch(context, width, height, { top, left } = { top: 0, left: 0 }) {
  const theme = context.canvas.closest?.(".light") ? "light" : "dark";
  const pattern = context.createPattern(tileOf(theme, Math.max(Math.round(window.devicePixelRatio || 1), 1)), "repeat");
  if (!pattern) return;
  pattern.setTransform(context.getTransform().inverse());
  context.fillStyle = pattern;
  context.fillRect(left, top, width, height);
}

/** @type {(theme: "dark" | "light", grain: number) => HTMLCanvasElement} */
function tileOf(theme, grain) {
  const name = `${theme} ${grain}`, kept = tiles.get(name);
  if (kept) return kept;
  const side = SPACING * grain, canvas = document.createElement("canvas");
  Object.assign(canvas, { width: side, height: side });
  const context = contextOf(canvas), data = context.createImageData(side, side);
  for (let place = 0; place < side * side; place += 1) { // pixel by pixel: a stroke's soft edges would be further colours
    const isLine = ((place % side) + Math.floor(place / side)) % side < WIDTH * grain;
    data.data.set([...COLORS[theme][isLine ? 1 : 0], 255], 4 * place);
  }
  context.putImageData(data, 0, 0);
  tiles.set(name, canvas);
  return canvas;
}

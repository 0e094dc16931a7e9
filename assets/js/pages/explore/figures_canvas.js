/* The read-out's figures while the pointer moves, drawn on one canvas over the places where they stand at rest.

   Text that changes in the page is styled, laid out, painted, sorted into layers and drawn in tiles with every move: a third of
   what a move costs the page's process. A canvas is handed over as it is. It is used only where it shows the very same: one
   line a figure, as wide as the page has it. */
import { contextOf } from "../../imaging/canvas.js";

const SAME = 1; // pixels of the screen by which a figure's width may differ from the page's
const GRAIN = 64; // the page lays text out in so many parts of a pixel of the screen

/** How a figure is written. @typedef {{ font: string, spacing: string, color: string }} Look */
/** Where a line of text may stand, in pixels of the canvas, at which end of that, and its foot.
    @typedef {{ look: Look, isRight: boolean, left: number, right: number, y: number }} Line */
/** The bar of both shares. @typedef {{ left: number, right: number, top: number, bottom: number, colors: string[] }} Bar */
/** @typedef {{ context: CanvasRenderingContext2D, lines: Record<string, Line>, bar: Bar }} Drawable */

/** Where figures and bar stand, as the page shows them now; null where a canvas would show them otherwise. The canvas lies over
    the part of the page that holds them.
    @type {(canvas: HTMLCanvasElement, figures: Record<string, HTMLElement>, shares: HTMLElement) => Drawable | null} */
export function measure(canvas, figures, shares) {
  const { scrollWidth, scrollHeight, clientWidth, clientHeight } = /** @type {HTMLElement} */ (canvas.parentElement);
  if (scrollWidth > clientWidth || scrollHeight > clientHeight || matchMedia("(forced-colors: active)").matches) return null;
  const context = contextOf(canvas), ratio = window.devicePixelRatio || 1;
  if (context.isContextLost?.()) return null;
  const { left, top, width, height } = canvas.getBoundingClientRect();
  canvas.width = Math.round(width * ratio); // as many pixels as the screen has there
  canvas.height = Math.round(height * ratio);
  const corner = { left: Math.round(left * ratio), top: Math.round(top * ratio) };
  /** @type {Record<string, Line>} */
  const lines = {};
  for (const [name, figure] of Object.entries(figures)) {
    if (!figure.getClientRects().length) continue; // a small window leaves it out
    const line = lineOf(figure, context, corner, ratio);
    if (!line) return null;
    lines[name] = line;
  }
  return { context, lines, bar: barOf(shares, corner, ratio) };
}

/** @type {(figure: HTMLElement, context: CanvasRenderingContext2D, corner: { left: number, top: number }, ratio: number) => Line | null} */
function lineOf(figure, context, corner, ratio) {
  const range = document.createRange(), style = getComputedStyle(figure), box = figure.getBoundingClientRect();
  range.selectNodeContents(figure);
  const found = range.getClientRects();
  if (found.length !== 1) return null;
  const look = lookOf(style, ratio);
  take(context, look);
  const { width, fontBoundingBoxAscent } = context.measureText(figure.textContent ?? "");
  if (Math.abs(width - found[0].width * ratio) > SAME) return null; // digits of another width, or another font
  return {
    look, isRight: style.textAlign === "right",
    left: (box.left + parseFloat(style.paddingLeft)) * ratio - corner.left, right: (box.right - parseFloat(style.paddingRight)) * ratio - corner.left,
    y: Math.round(found[0].top * ratio + Math.round(fontBoundingBoxAscent)) - corner.top,
  };
}

/** @type {(style: CSSStyleDeclaration, ratio: number) => Look} */
function lookOf({ fontStyle, fontWeight, fontSize, fontFamily, letterSpacing, color }, ratio) {
  const font = `${fontStyle} ${fontWeight} ${parseFloat(fontSize) * ratio}px ${fontFamily}`;
  return { font, spacing: `${(parseFloat(letterSpacing) || 0) * ratio}px`, color };
}

/** @type {(context: CanvasRenderingContext2D, look: Look) => void} */
function take(context, { font, spacing, color }) {
  context.font = font;
  context.letterSpacing = spacing;
  context.fillStyle = color;
}

/** @type {(shares: HTMLElement, corner: { left: number, top: number }, ratio: number) => Bar} */
function barOf(shares, corner, ratio) {
  const { left, right, top, bottom } = shares.getBoundingClientRect();
  const colors = [shares, /** @type {Element} */ (shares.firstElementChild)].map((part) => getComputedStyle(part).backgroundColor);
  return {
    left: left * ratio - corner.left, right: right * ratio - corner.left, colors,
    top: Math.round(top * ratio) - corner.top, bottom: Math.round(bottom * ratio) - corner.top,
  };
}

/** Draw the texts of a pixel and the first input's share; false where one has no room in its place.
    @type {(drawable: Drawable, texts: Record<string, string>, share: number) => boolean} */
export function draw({ context, lines, bar }, texts, share) {
  if (context.isContextLost?.()) return false;
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  for (const [name, { look, isRight, left, right, y }] of Object.entries(lines)) {
    take(context, look);
    const width = Math.ceil(context.measureText(texts[name]).width * GRAIN) / GRAIN;
    if (width > right - left + SAME) return false;
    context.fillText(texts[name], isRight ? right - width : left, y);
  }
  const [left, middle, right] = [bar.left, bar.left + share * (bar.right - bar.left), bar.right].map(Math.round);
  fill(context, bar, bar.colors[1], left, middle);
  fill(context, bar, bar.colors[0], middle, right);
  return true;
}

/** @type {(context: CanvasRenderingContext2D, bar: Bar, color: string, from: number, to: number) => void} */
function fill(context, { top, bottom }, color, from, to) {
  context.fillStyle = color;
  context.fillRect(from, top, to - from, bottom - top);
}

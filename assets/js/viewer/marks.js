/* Cross-hair and window box. Each has a light line and a dark one: whatever lies below, the one or the other has a
   contrast of 3:1 or more (WCAG 2.2, 1.4.11; black against luminance L: (L + 0.05) / 0.05; LIGHT has 0.46). */

export const LIGHT = "#ff9a90";
export const DARK = "#000000";
export const ZOOM_GAP = 0.4; // of the window's side: a zoom's cross-hair points at the pixel, but hides nothing near it

/** Draw both around the state's pixel. `placing`: where the image lies on the canvas, in its pixels.
    @type {(context: CanvasRenderingContext2D, isZoom: boolean, placing: Placing, state: ViewerState) => void} */
export function draw(context, isZoom, placing, state) {
  const { row, col } = /** @type {Pixel} */ (state.pixel), half = state.window / 2;
  const pen = penFor(context, placing);
  for (const color of [DARK, LIGHT]) {
    context.fillStyle = color;
    cross(pen, color === DARK, isZoom, state);
    if (isZoom) box(pen, { top: row, left: col, side: 1, thick: 1 }, color === DARK);
    box(pen, { top: row + 0.5 - half, left: col + 0.5 - half, side: state.window, thick: isZoom ? 3 : 1 }, color === DARK);
  }
}

/** @typedef {{ x: (col: number) => number, y: (row: number) => number, line: number, fill: (x: number, y: number, width: number, height: number) => void }} Pen */

/** Lines lie on whole pixels of the screen: what falls between two would be half as strong in each.
    @type {(context: CanvasRenderingContext2D, placing: Placing) => Pen} */
function penFor(context, placing) {
  return {
    x: (col) => Math.round(placing.x + col * placing.scale),
    y: (row) => Math.round(placing.y + row * placing.scale * placing.aspect),
    line: Math.max(Math.round(window.devicePixelRatio || 1), 1),
    fill: (x, y, width, height) => context.fillRect(x, y, width, height),
  };
}

/** The arms of the cross-hair through the middle of the pixel; the dark one on its right, or below.
    @type {(pen: Pen, isDark: boolean, isZoom: boolean, state: ViewerState) => void} */
function cross({ x, y, line, fill }, isDark, isZoom, state) {
  const { row, col } = /** @type {Pixel} */ (state.pixel), gap = isZoom ? ZOOM_GAP * state.window : 0;
  const aside = isDark ? line : 0, start = Math.floor(line / 2);
  const across = y(row + 0.5) - start + aside, down = x(col + 0.5) - start + aside;
  for (const [from, to] of [[0, col + 0.5 - gap], [col + 0.5 + gap, state.width]]) {
    fill(x(from), across, Math.max(x(to) - x(from), 0), line);
  }
  for (const [from, to] of [[0, row + 0.5 - gap], [row + 0.5 + gap, state.height]]) {
    fill(down, y(from), line, Math.max(y(to) - y(from), 0));
  }
}

/** A square of `side` pixels, its lines `thick` and the dark one around it on both sides.
    @type {(pen: Pen, square: Corner & { side: number, thick: number }, isDark: boolean) => void} */
function box({ x, y, line, fill }, { top, left, side, thick }, isDark) {
  const halo = isDark ? line : 0, wide = thick * line + 2 * halo, shift = Math.floor(wide / 2);
  const [x0, x1, y0, y1] = [x(left) - shift, x(left + side) - shift, y(top) - shift, y(top + side) - shift];
  fill(x0, y0, x1 - x0 + wide, wide);
  fill(x0, y1, x1 - x0 + wide, wide);
  fill(x0, y0, wide, y1 - y0 + wide);
  fill(x1, y0, wide, y1 - y0 + wide);
}

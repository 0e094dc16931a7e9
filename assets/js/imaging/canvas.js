/* Canvases, and what is drawn on them with. */

/** The drawing context of a canvas.
    @type {(canvas: HTMLCanvasElement, options?: CanvasRenderingContext2DSettings) => CanvasRenderingContext2D} */
export function contextOf(canvas, options) {
  const context = canvas.getContext("2d", options);
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  return context;
}

/* A picture of which a pixel takes less than one of the screen's: smoothed, but of derivatives every block shows its
   strongest, so that a focus of one pixel is not lost. */

/** Draw a whole picture by the context's own scale.
    @type {(context: CanvasRenderingContext2D, picture: Picture) => void} */
export function draw(context, picture) {
  const { a: scale } = context.getTransform();
  const isSmooth = context.imageSmoothingEnabled;
  if (scale > 0.995) {
    context.drawImage(picture.canvas, 0, 0);
  } else if (picture.reduce) {
    const step = Math.ceil(1 / scale - 0.005), { canvas } = of(picture, step);
    context.drawImage(canvas, 0, 0, canvas.width * step, canvas.height * step);
  } else {
    Object.assign(context, { imageSmoothingEnabled: true, imageSmoothingQuality: "high" });
    context.drawImage(picture.canvas, 0, 0);
    context.imageSmoothingEnabled = isSmooth;
  }
}

/** The reduced picture, kept until other values are painted.
    @type {(picture: Picture, step: number) => Picture} */
function of(picture, step) {
  if (picture.reduced?.step !== step) {
    picture.reduced = { step, picture: /** @type {NonNullable<Picture["reduce"]>} */ (picture.reduce)(step) };
  }
  return picture.reduced.picture;
}

/** Other values stand in a picture: `reduce` gives them by blocks.
    @type {(picture: Picture, reduce: (step: number) => Picture) => void} */
export const reducible = (picture, reduce) => { Object.assign(picture, { reduce, reduced: null }); };

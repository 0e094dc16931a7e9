/* Which part of an image a panel shows, and where: one view ({magnification, centre}) for all panels of a page, whatever
   their sizes. Places in the image are in pixel edges: pixel 0 reaches from 0 to 1. Frames are in any one unit. A pixel is
   drawn `aspect` times as high as wide; the closer-lying of rows and columns have one pixel of the screen each at 1:1. */

const FEWEST = 8; // pixels of the image's shorter side, at 1:1, that are still seen at the largest magnification

/** The whole image. */
export const WHOLE = Object.freeze({ magnification: 1, centre: null });

/** @type {(size: Size) => Pixel} */
const middleOf = ({ width, height }) => ({ row: height / 2, col: width / 2 });

/** @type {(value: number, low: number, high: number) => number} */
const within = (value, low, high) => Math.min(Math.max(value, low), high);

/** How large an image is at 1:1, in its true proportions.
    @type {(size: Size) => Size} */
export const drawnSize = ({ width, height, aspect = 1 }) => ({ width: width * Math.max(1, 1 / aspect), height: height * Math.max(1, aspect) });

/** Where the image lies in a frame that shows it by a view; the whole image is centred and undistorted.
    @type {(view: View, size: Size, frame: Size) => Placing} */
export function placing({ magnification = 1, centre }, size, { width, height }) {
  const { aspect = 1 } = size, scale = magnification * Math.min(width / size.width, height / (size.height * aspect));
  const { row, col } = centre ?? middleOf(size);
  return { scale, aspect, x: width / 2 - col * scale, y: height / 2 - row * scale * aspect };
}

/** Where a window of `side` × `side` pixels around a pixel lies in a frame; the whole image where that is larger, as where
    there are few rows, far apart.
    @type {(pixel: Pixel, side: number, size: Size, frame: Size) => Placing} */
export function windowPlacing({ row, col }, side, size, { width, height }) {
  const { aspect = 1 } = size, scale = Math.min(width, height / aspect) / side;
  if (aspect !== 1) {
    const whole = placing(WHOLE, size, { width, height });
    if (whole.scale > scale) return whole;
  }
  return { scale, aspect, x: width / 2 - (col + 0.5) * scale, y: height / 2 - (row + 0.5) * scale * aspect };
}

/** The place of the image at a point of the frame.
    @type {(at: Placing, x: number, y: number) => Pixel} */
export const placeAt = (at, x, y) => ({ row: (y - at.y) / (at.scale * at.aspect), col: (x - at.x) / at.scale });

/** The point of the frame at a place of the image.
    @type {(at: Placing, place: Pixel) => { x: number, y: number }} */
export const pointAt = (at, { row, col }) => ({ x: at.x + col * at.scale, y: at.y + row * at.scale * at.aspect });

/** The view as far as it can be shown: no more ground beside the image than there has to be.
    @type {(view: View, size: Size, frame: Size) => View} */
export function clamped({ magnification, centre }, size, frame) {
  const drawn = drawnSize(size), most = Math.max(Math.min(drawn.width, drawn.height) / FEWEST, 1);
  const enlarged = within(magnification, 1, most);
  if (enlarged === 1) return WHOLE;
  const around = centre ?? middleOf(size), { scale, aspect } = placing({ magnification: enlarged, centre: around }, size, frame);
  /** @type {(value: number, length: number, seen: number) => number} */
  const held = (value, length, seen) => (seen >= length ? length / 2 : within(value, seen / 2, length - seen / 2));
  const row = held(around.row, size.height, frame.height / (scale * aspect)), col = held(around.col, size.width, frame.width / scale);
  return { magnification: enlarged, centre: { row, col } };
}

/** Larger by `factor`, while what lies at a point of the frame stays there, as far as the image's border allows.
    @type {(view: View, size: Size, frame: Size, x: number, y: number, factor: number) => View} */
export function zoomed(view, size, frame, x, y, factor) {
  const { row, col } = placeAt(placing(view, size, frame), x, y);
  const { magnification } = clamped({ ...view, magnification: view.magnification * factor }, size, frame);
  const { scale, aspect } = placing({ ...view, magnification }, size, frame);
  const centre = { row: row + (frame.height / 2 - y) / (scale * aspect), col: col + (frame.width / 2 - x) / scale };
  return clamped({ magnification, centre }, size, frame);
}

/** The image moved along with a pointer that goes by (x, y) over the frame.
    @type {(view: View, size: Size, frame: Size, x: number, y: number) => View} */
export function panned(view, size, frame, x, y) {
  const { scale, aspect } = placing(view, size, frame), { row, col } = view.centre ?? middleOf(size);
  return clamped({ ...view, centre: { row: row - y / (scale * aspect), col: col - x / scale } }, size, frame);
}

/** The view moved as little as it takes for a pixel to be seen.
    @type {(view: View, size: Size, frame: Size, pixel: Pixel) => View} */
export function revealing(view, size, frame, { row, col }) {
  if (!view.centre) return view;
  const { scale, aspect } = placing(view, size, frame);
  const down = frame.height / (scale * aspect) / 2 - 0.5, right = frame.width / scale / 2 - 0.5;
  const centre = {
    row: within(view.centre.row, row + 0.5 - down, row + 0.5 + down),
    col: within(view.centre.col, col + 0.5 - right, col + 0.5 + right),
  };
  const isSeen = centre.row === view.centre.row && centre.col === view.centre.col;
  return isSeen ? view : clamped({ ...view, centre }, size, frame);
}

/** A view as the address has it; nothing of the whole image.
    @type {(view: View) => { magnification?: string, centre?: string }} */
export function wordsOf({ magnification, centre }) {
  if (magnification === 1 || !centre) return {};
  return { magnification: magnification.toFixed(3), centre: `${centre.row.toFixed(2)},${centre.col.toFixed(2)}` };
}

/** The view that an address asks for; the whole image where it asks for none that can be shown.
    @type {(words: URLSearchParams) => View} */
export function read(words) {
  const magnification = Number(words.get("magnification")), [row, col, ...more] = (words.get("centre") ?? "").split(",").map(Number);
  const isView = magnification > 1 && magnification < Infinity && row >= 0 && col >= 0 && row < Infinity && col < Infinity && !more.length;
  return isView ? { magnification, centre: { row, col } } : WHOLE;
}

/* Pixels of an image of a given size: {row, col}, whole numbers from its upper left corner. */

/** @type {(one: Pixel | null, other: Pixel | null) => boolean} */
export const isSame = (one, other) => Boolean(one && other && one.row === other.row && one.col === other.col);

/** @param {unknown} value
    @returns {value is number} */
const isWhole = (value) => Number.isInteger(value);

/** The pixel as far as it lies in the image, else the image's middle.
    @type {(pixel: Partial<Pixel> | null, size: Size) => Pixel} */
export function inside(pixel, { width, height }) {
  const { row, col } = pixel || {};
  const isInside = isWhole(row) && isWhole(col) && row < height && col < width;
  return isInside ? { row, col } : { row: Math.floor(height / 2), col: Math.floor(width / 2) };
}

/** The pixels one, two and three steps away, none outside the image.
    @type {(from: Pixel, down: number, right: number, size: Size) => Pixel[]} */
export function steps({ row, col }, down, right, { width, height }) {
  return [1, 2, 3].map((times) => ({
    row: Math.min(Math.max(row + times * down, 0), height - 1),
    col: Math.min(Math.max(col + times * right, 0), width - 1),
  }));
}

/** Where an event lies in an image that fills an element, in pixel edges: pixel 0 reaches from 0 to 1.
    @type {(event: { clientX: number, clientY: number }, element: Element, size: Size) => Pixel} */
export function placeOf({ clientX, clientY }, element, { width, height }) {
  const box = element.getBoundingClientRect();
  return { row: ((clientY - box.top) / box.height) * height, col: ((clientX - box.left) / box.width) * width };
}

/** How many times as wide as high an image is drawn.
    @type {(size: Size) => number} */
export const ratioOf = ({ width, height, aspect = 1 }) => width / (height * aspect);

/** The pixel at a place in pixel edges; the nearest one beside the image.
    @type {(place: Pixel, size: Size) => Pixel} */
export const nearest = ({ row, col }, { width, height }) => ({
  row: Math.min(Math.max(Math.floor(row), 0), height - 1),
  col: Math.min(Math.max(Math.floor(col), 0), width - 1),
});

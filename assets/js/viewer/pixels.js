/* Pixels of an image of a given size: {row, col}, whole numbers from its upper left corner. */

export const isSame = (one, other) => Boolean(one && other) && one.row === other.row && one.col === other.col;

/** The pixel as far as it lies in the image, else the image's middle. */
export function inside(pixel, { width, height }) {
  const { row, col } = pixel || {};
  const isInside = Number.isInteger(row) && Number.isInteger(col) && row < height && col < width;
  return isInside ? { row, col } : { row: Math.floor(height / 2), col: Math.floor(width / 2) };
}

/** The pixels one, two and three steps away, none outside the image. */
export function steps({ row, col }, down, right, { width, height }) {
  return [1, 2, 3].map((times) => ({
    row: Math.min(Math.max(row + times * down, 0), height - 1),
    col: Math.min(Math.max(col + times * right, 0), width - 1),
  }));
}

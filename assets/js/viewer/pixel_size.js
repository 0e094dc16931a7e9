/* How large a pixel is in millimetres, in words. As `spacing_words` of dashboard/report/legend.py. */

const SQUARE = 0.01; // part by which rows may lie further apart than columns, or closer, and pixels still count as square

/** `spacing`: from a column to the next, `row_spacing`: from a row to the next; absent or null where they are not known.
    @typedef {{ spacing?: number | null, row_spacing?: number | null }} PixelSize */

/** @type {(size: PixelSize) => boolean} */
const isSquare = ({ spacing, row_spacing: rows }) => !spacing || !rows || Math.abs(rows - spacing) <= SQUARE * spacing;

/** @type {(length: number) => number} */
const rounded = (length) => Number(length.toPrecision(4));

/** The size of a pixel; empty where it is not known.
    @type {(size: PixelSize) => string} */
export function grainWords(size) {
  if (!size.spacing) return "";
  return isSquare(size) ? `${rounded(size.spacing)} mm a pixel` : `a pixel is ${rounded(size.spacing)} mm wide, ${rounded(Number(size.row_spacing))} mm high`;
}

/* Jacobian windows in a byte a value: the browser's half of dashboard/report/window_codes.py. */

const LARGEST = 127;
const NO_SLOPE = -128;

/** The part of a window's largest size that each code stands for, by code + 128. */
const PARTS = Float64Array.from({ length: 256 }, (_, place) => {
  const code = place - 128;
  return code === NO_SLOPE ? NaN : Math.sign(code) * (code / LARGEST) ** 2;
});

/** The codes of a block's pixels, which stand beside each other at each place of the window, from their steps.
    @type {(steps: ArrayBuffer, pixels: number) => Int8Array<ArrayBuffer>} */
export function codesOf(steps, pixels) {
  const codes = new Int8Array(steps);
  for (let start = 0; start < codes.length; start += pixels) {
    for (let i = start + 1; i < start + pixels; i += 1) codes[i] += codes[i - 1];
  }
  return codes;
}

/** @typedef {{ codes: Int8Array<ArrayBuffer>, pixels: number, reach: number }} CodedBlock */

/** Both windows of the `number`-th pixel of a block, cut off at the image's border.
    @type {(block: CodedBlock, number: number, limit: number, pixel: Pixel, size: Size) => Corner & { first: Values, second: Values }} */
export function windowsOf({ codes, pixels, reach }, number, limit, { row, col }, { width, height }) {
  const side = 2 * reach + 1, top = Math.max(row - reach, 0), left = Math.max(col - reach, 0);
  const rows = Math.min(row + reach + 1, height) - top, cols = Math.min(col + reach + 1, width) - left;
  const [first, second] = [0, 1].map((input) => {
    const values = Object.assign(new Float32Array(rows * cols), { shape: [rows, cols] });
    for (let down = 0; down < rows; down += 1) {
      const from = (input * side + top + down - (row - reach)) * side + left - (col - reach);
      for (let right = 0; right < cols; right += 1) {
        values[down * cols + right] = PARTS[codes[(from + right) * pixels + number] + 128] * limit;
      }
    }
    return values;
  });
  return { top, left, first, second };
}

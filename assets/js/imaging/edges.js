/* Edges of a grey picture, one pixel wide: where its gradient is larger than on both sides across the edge (Sobel's
   gradient, thinned as Canny 1986 does), the strongest of them. */

/** What an edge is drawn in, on a dark and on a bright ground: each stands out by its lightness alone, at 3:1 or more. */
export const ON_DARK = [255, 225, 0], ON_BRIGHT = [64, 0, 120];
const BRIGHT = 0.19; // luminance of the ground from which on the edge is dark

/** Which pixels are edges: the strongest `part` of them.
    @type {(bytes: Bytes, part: number) => Uint8Array} */
export function edges(bytes, part) {
  const { strength, along } = gradient(bytes), [height, width] = bytes.shape;
  const found = [];
  for (let row = 0; row < height; row += 1) {
    for (let col = 0; col < width; col += 1) {
      const at = row * width + col, [down, right] = along[at];
      if (strength[at] > 0 && isRidge(strength, row, col, down, right, height, width)) found.push(at);
    }
  }
  found.sort((one, other) => strength[other] - strength[one]);
  const mask = new Uint8Array(height * width);
  for (const at of found.slice(0, Math.ceil(part * found.length))) mask[at] = 1;
  return mask;
}

const STEPS = [[0, 1], [1, 1], [1, 0], [1, -1]]; // across an edge, by the gradient's direction in eighths of a turn

/** Sobel's gradient; the border's pixels go on beyond it.
    @type {(bytes: Bytes) => { strength: Float32Array, along: number[][] }} */
function gradient(bytes) {
  const [height, width] = bytes.shape, strength = new Float32Array(height * width), along = new Array(height * width);
  for (let row = 0; row < height; row += 1) {
    const above = Math.max(row - 1, 0) * width, here = row * width, below = Math.min(row + 1, height - 1) * width;
    for (let col = 0; col < width; col += 1) {
      const left = Math.max(col - 1, 0), right = Math.min(col + 1, width - 1);
      const across = bytes[above + right] + 2 * bytes[here + right] + bytes[below + right] - bytes[above + left] - 2 * bytes[here + left] - bytes[below + left];
      const down = bytes[below + left] + 2 * bytes[below + col] + bytes[below + right] - bytes[above + left] - 2 * bytes[above + col] - bytes[above + right];
      strength[here + col] = Math.hypot(across, down);
      along[here + col] = STEPS[(Math.round(Math.atan2(down, across) / (Math.PI / 4)) + 8) % 4];
    }
  }
  return { strength, along };
}

/** Whether the gradient is nowhere larger on both sides; of two equal ones the one that comes first.
    @type {(strength: Float32Array, row: number, col: number, down: number, right: number, height: number, width: number) => boolean} */
function isRidge(strength, row, col, down, right, height, width) {
  const at = (/** @type {number} */ r, /** @type {number} */ c) => (r < 0 || c < 0 || r >= height || c >= width ? 0 : strength[r * width + c]);
  const here = at(row, col);
  return here > at(row - down, col - right) && here >= at(row + down, col + right);
}

/** The colour of an edge on a ground, as an RGBA word.
    @type {(ground: number) => number} */
export function colorOn(ground) {
  const [red, green, blue] = luminance(ground) < BRIGHT ? ON_DARK : ON_BRIGHT;
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Relative luminance of an RGBA word, as WCAG 2 defines it.
    @type {(word: number) => number} */
export function luminance(word) {
  const [red, green, blue] = [word & 255, (word >> 8) & 255, (word >> 16) & 255].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

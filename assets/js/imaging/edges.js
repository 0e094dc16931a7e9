/* Edges of a grey picture, one pixel wide: where the gradient of the picture, softened against noise, is larger than on both
   sides across the edge (as Canny 1986 does), the strongest of them. */

/** What an edge is drawn in, on a dark and on a bright ground: each stands out by its lightness alone, at 3:1 or more. */
export const ON_DARK = [255, 225, 0], ON_BRIGHT = [64, 0, 120];
const BRIGHT = 0.19; // luminance of the ground from which on the edge is dark

/** Which pixels are edges: the strongest `part` of them.
    @type {(bytes: Bytes, part: number) => Uint8Array} */
export function edges(bytes, part) {
  const [height, width] = bytes.shape, { strength, along } = gradient(softened(bytes), height, width);
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

const WEIGHTS = [1, 8, 28, 56, 70, 56, 28, 8, 1]; // whole numbers near a Gaussian of 1.4 pixels: sums are exact

/** Softened along rows and columns; the border's pixels go on beyond it.
    @type {(bytes: Bytes) => Float64Array} */
function softened(bytes) {
  const [height, width] = bytes.shape, reach = (WEIGHTS.length - 1) / 2;
  /** @type {(from: ArrayLike<number>, length: number, stride: number, starts: number, skip: number) => Float64Array} */
  const along = (from, length, stride, starts, skip) => {
    const made = new Float64Array(height * width);
    for (let line = 0; line < starts; line += 1) {
      for (let place = 0; place < length; place += 1) {
        let sum = 0;
        for (let k = -reach; k <= reach; k += 1) sum += WEIGHTS[k + reach] * from[line * skip + Math.min(Math.max(place + k, 0), length - 1) * stride];
        made[line * skip + place * stride] = sum;
      }
    }
    return made;
  };
  return along(along(bytes, width, 1, height, width), height, width, width, 1);
}

const STEPS = [[0, 1], [1, 1], [1, 0], [1, -1]]; // across an edge, by the gradient's direction in eighths of a turn

/** Sobel's gradient; the border's pixels go on beyond it.
    @type {(values: Float64Array, height: number, width: number) => { strength: Float64Array, along: number[][] }} */
function gradient(values, height, width) {
  const strength = new Float64Array(height * width), along = new Array(height * width);
  for (let row = 0; row < height; row += 1) {
    const above = Math.max(row - 1, 0) * width, here = row * width, below = Math.min(row + 1, height - 1) * width;
    for (let col = 0; col < width; col += 1) {
      const left = Math.max(col - 1, 0), right = Math.min(col + 1, width - 1);
      const across = values[above + right] + 2 * values[here + right] + values[below + right] - values[above + left] - 2 * values[here + left] - values[below + left];
      const down = values[below + left] + 2 * values[below + col] + values[below + right] - values[above + left] - 2 * values[above + col] - values[above + right];
      strength[here + col] = Math.hypot(across, down);
      along[here + col] = STEPS[(Math.round(Math.atan2(down, across) / (Math.PI / 4)) + 8) % 4];
    }
  }
  return { strength, along };
}

/** Whether the gradient is nowhere larger on both sides; of two equal ones the one that comes first.
    @type {(strength: Float64Array, row: number, col: number, down: number, right: number, height: number, width: number) => boolean} */
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

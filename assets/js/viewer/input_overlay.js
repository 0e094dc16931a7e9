/* One input over the other, to see whether they lie on each other: squares of both in turn, or the edges of the first on
   the second. It says of itself what it is, wherever it is seen. */
import { make } from "../components/elements.js";
import { colorOn, edges } from "../imaging/edges.js";
import { reduced } from "../imaging/pictures.js";

/** What is laid over what, as the page chose it: "none", "checkerboard" or "edges".
    @type {{ kind: string, square: number, part: number }} */
export const chosen = { kind: "none", square: 16, part: 0.2 };

/** What can be chosen, in words. */
export const LOOKS = { none: "Apart", checkerboard: "Checkerboard", edges: "Edges" };

/** A choice among them, for a line of controls; `act` draws.
    @type {(act: () => void) => HTMLElement} */
export function choice(act) {
  const options = Object.entries(LOOKS).map(([value, text]) => make("option", { value, text }));
  const select = make("select", { title: "One input over the other: squares of both, or the edges of the first on the second", onchange() { chosen.kind = select.value; act(); } }, ...options);
  select.value = chosen.kind;
  return make("label", { class: "input-look" }, "Inputs", select);
}

/** @type {{ source: Picture | null, bytes: Bytes | null, part: number, ground: number, mask: Uint8Array, made: Picture | null }} */
const drawn = { source: null, bytes: null, part: 0, ground: -1, mask: new Uint8Array(), made: null };
let painted = 0; // counts what the second input was painted in

/** The second input was painted anew: edges are seen on another ground. */
export function recolored() {
  painted += 1;
}

/** Lay over both inputs what was chosen.
    @type {(pictures: Pictures, images: Record<string, any> | null, names: string[]) => void} */
export function lay(pictures, images, names) {
  for (const image of ["first", "second"]) {
    const found = over(image, pictures, images, names);
    if (found) pictures[image].over = found;
  }
}

/** What is seen over an input's picture; nothing where nothing was chosen for it. `images` are the grey levels.
    @type {(image: string, pictures: Pictures, images: Record<string, any> | null, names: string[]) => Picture["over"]} */
function over(image, { first, second }, images, names) {
  if (!first || !second || !images) return undefined;
  const note = noteOf(image, names);
  if (!note) return undefined;
  if (chosen.kind === "edges") return { picture: edgesOn(second, images.first), part: 1, note };
  return { picture: second, part: 1, note, clip: squares(first, chosen.square) };
}

/** What is laid over an input's picture, in words; empty where nothing is.
    @type {(image: string, names: string[]) => string} */
export function noteOf(image, names) {
  const [one, two] = names;
  if (chosen.kind === "checkerboard" && image === "first") return `checkerboard of ${one} and ${two}`;
  if (chosen.kind === "edges" && image === "second") return `edges of ${one} on ${two}`;
  return "";
}

/** Every second square, the one at the upper left left out, `side` pixels wide and as high as is nearest to a square.
    @type {(size: Size & { step?: number }, side: number) => Path2D} */
function squares({ width, height, aspect = 1, step = 1 }, side) {
  const path = new Path2D(), high = Math.max(Math.round(side / aspect), 1);
  for (let row = 0; row * high < height * step; row += 1) {
    for (let col = (row + 1) % 2; col * side < width * step; col += 2) path.rect(col * side, row * high, side, high);
  }
  return path;
}

/** The edges of the first input in colours that stand out on the second; kept until one of them changes.
    @type {(ground: Picture, bytes: Bytes) => Picture} */
function edgesOn(ground, bytes) {
  if (drawn.source !== ground || drawn.bytes !== bytes || drawn.part !== chosen.part) {
    const { step = 1 } = ground;
    Object.assign(drawn, { source: ground, bytes, part: chosen.part, ground: -1, mask: edges(bytes, chosen.part), made: reduced(ground.width * step, ground.height * step, step) });
  }
  const made = /** @type {Picture} */ (drawn.made), { mask } = drawn;
  if (drawn.ground === painted) return made;
  drawn.ground = painted;
  made.words.set(ground.words.map((word, at) => (mask[at] ? colorOn(word) : 0)));
  made.show();
  made.coarsen = (fewer, block) => coarsened(made, fewer, block);
  if (made.coarse) made.coarse.isCurrent = false;
  return made;
}

/** Blocks of pixels in one: an edge in one of them is seen.
    @type {(made: Picture, fewer: Picture, block: Block) => void} */
function coarsened({ words, width, height }, fewer, { down, across }) {
  fewer.words.fill(0);
  for (let row = 0; row < height; row += 1) {
    for (let col = 0; col < width; col += 1) {
      const word = words[row * width + col];
      if (word) fewer.words[Math.floor(row / down) * fewer.width + Math.floor(col / across)] = word;
    }
  }
  fewer.show();
}

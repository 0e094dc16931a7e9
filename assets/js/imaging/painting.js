/* From values to the pictures that panels draw from: whole ones, and of large images the exact window over them. */
import * as blocks from "./blocks.js";
import { CLEAR, colorOf, paint } from "./colormap.js";
import * as levels from "./levels.js";
import { fill, overlay as overlaid, painted, rangeOf, reduced, spot } from "./pictures.js";

const IMAGES = ["first", "second", "fused"];
const WHOLE = { top: 0, left: 0 };

/** One empty picture a name, as large as a view's panels need it: nothing of it is known yet.
    @type {(names: string[], view: Size & { step: number }) => Pictures} */
export const empty = (names, { width, height, aspect, step }) =>
  Object.fromEntries(names.map((name) => [name, Object.assign(reduced(width, height, step), { aspect, hasGaps: true })]));

/** How values are coloured: `look` is {display, colormap}.
    @type {(limit: number, gamma: number, look: { display: Display, colormap: string }) => Scale} */
export const scale = (limit, gamma, { display, colormap }) => ({ limit, gamma, display, colormap });

/** Values as colours into a picture of their size, as far as they are `known`; all are where nothing is said of it.
    @type {(target: Picture, shown: Values, colors: Scale, known?: Bytes) => void} */
export function values(target, shown, colors, known) {
  paint(shown, colors, target.words, target.width, undefined, known);
  target.hasGaps = Boolean(known);
  target.show();
  painted(target, (made, { down, across }) => {
    const fewer = blocks.strongest(shown, WHOLE, down, across).values;
    paint(fewer, colors, made.words, made.width, undefined, known && blocks.known(known, down, across));
    made.show();
  });
}

/** Guidance RGB; each from its own minimum to its maximum where nothing is said of `ranges`.
    @type {(target: Picture, both: { first: Values, second: Values, known?: Bytes }, blue: Bytes, ranges?: number[][]) => void} */
export function overlay(target, both, blue, ranges = [rangeOf(both.first), rangeOf(both.second)]) {
  overlaid(target, both, blue, ranges);
  painted(target, (made, { down, across }) => {
    const [first, second] = [both.first, both.second].map((each) => blocks.strongest(each, WHOLE, down, across).values);
    const known = both.known && blocks.known(both.known, down, across);
    overlaid(made, { first, second, known }, blocks.mean(blue, down, across), ranges);
  });
}

/** @type {(shown: Values, at: Corner, colors: Scale, known?: Bytes) => Patch} */
export const patchOf = (shown, at, colors, known) =>
  blocks.patch(shown.shape, at, (made) => values(made, shown, colors, known));

/** Inputs and fused image, those of which there is a picture, grey or in colour, each in its window of `chosen`.
    @type {(pictures: Pictures, arrays: Record<string, Bytes>, inColor: boolean, chosen?: Record<string, Levels>) => void} */
export function images(pictures, arrays, inColor, chosen) {
  for (const name of IMAGES.filter((each) => pictures[each])) {
    const bytes = (inColor && arrays[`${name}_color`]) || arrays[name];
    fill(pictures[name], bytes, colorsOf(bytes, chosen?.[name]));
  }
}

/** The colours of 256 levels in a window; the palette is of grey pictures alone. Null: as they are.
    @type {(bytes: Bytes, chosen?: Levels) => Uint32Array | null} */
function colorsOf(bytes, chosen) {
  if (!chosen) return null;
  return levels.wordsOf(bytes.shape.length === 2 ? chosen : { ...chosen, palette: levels.FULL.palette });
}

/** The same for the exact window of a large image.
    @type {(pictures: Pictures, exact: Message, inColor: boolean, chosen?: Record<string, Levels>) => void} */
export function exactImages(pictures, { about, arrays }, inColor, chosen) {
  for (const name of IMAGES.filter((each) => pictures[each])) {
    const bytes = (inColor && arrays[`${name}_color`]) || arrays[name];
    pictures[name].patch = blocks.patch(bytes.shape, about, (made) => fill(made, bytes, colorsOf(bytes, chosen?.[name])));
  }
}

/** Both windows of a Jacobian where they lie, zero around them; nothing where they are cut (`isCut`) and hold only a part of it.
    @type {(pictures: Pictures, windows: Record<string, Values>, at: Corner, colors: Scale, step: number, isCut?: boolean) => void} */
export function jacobian(pictures, { first, second }, at, colors, step, isCut = false) {
  const zero = isCut ? CLEAR : colorOf(0, colors);
  for (const [name, found] of Object.entries({ jacobian1: first, jacobian2: second })) {
    const seen = step > 1 ? blocks.strongest(found, at, step) : { values: found, ...at }, target = pictures[name];
    spot(target, zero, seen, seen.values.shape, (words, width) =>
      paint(seen.values, colors, words, width, seen));
    target.hasGaps = isCut;
    painted(target, (made, { down, across }) => {
      const fewer = blocks.strongest(seen.values, seen, down, across);
      spot(made, zero, fewer, fewer.values.shape, (words, width) => paint(fewer.values, colors, words, width, fewer));
    });
    if (step > 1) Object.assign(target, { isEmptyAround: true, patch: patchOf(found, at, colors) });
  }
}

/** @type {(pictures: Pictures, both: { first: Values, second: Values, known?: Bytes }, colors: Scale) => void} */
export function guidance(pictures, { first, second, known }, colors) {
  values(pictures.guidance1, first, colors, known);
  values(pictures.guidance2, second, colors, known);
}

/** Guidance in the exact window of a large image, where it has come; the overlay on the whole images' `ranges`.
    @type {(pictures: Pictures, exact: Message, colors: Scale, ranges?: number[][]) => void} */
export function exactGuidance(pictures, { about, arrays: { guidance1, guidance2, known, blue } }, colors, ranges) {
  if (!guidance1) return;
  pictures.guidance1.patch = patchOf(guidance1, about, colors, known);
  pictures.guidance2.patch = patchOf(guidance2, about, colors, known);
  pictures.rgb.patch = blocks.patch(blue.shape, about, (made) =>
    overlay(made, { first: guidance1, second: guidance2, known }, blue, ranges));
}

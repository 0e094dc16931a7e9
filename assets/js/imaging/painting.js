/* From values to the pictures that panels draw from: whole ones, and of large images the exact window over them. */
import * as blocks from "./blocks.js";
import { colorOf, paint } from "./colormap.js";
import { fill, overlay, reduced, spot } from "./pictures.js";
import * as reducedPainting from "./reduced_painting.js";

const IMAGES = ["first", "second", "fused"];

/** One empty picture a name, as large as a view's panels need it: nothing of it is known yet.
    @type {(names: string[], view: Size & { step: number }) => Pictures} */
export const empty = (names, { width, height, step }) =>
  Object.fromEntries(names.map((name) => [name, Object.assign(reduced(width, height, step), { hasGaps: true })]));

/** How values are coloured: `look` is {display, colormap}.
    @type {(limit: number, gamma: number, look: { display: Display, colormap: string }) => Scale} */
export const scale = (limit, gamma, { display, colormap }) => ({ limit, gamma, display, colormap });

/** Values as colours into a picture of their size, as far as they are `known`; all are where nothing is said of it.
    @type {(target: Picture, shown: Values, colors: Scale, known?: Bytes) => void} */
export function values(target, shown, colors, known) {
  paint(shown, colors, target.words, target.width, undefined, known);
  target.hasGaps = Boolean(known);
  target.show();
  reducedPainting.values(target, shown, colors, known);
}

/** @type {(shown: Values, at: Corner, colors: Scale, known?: Bytes) => Patch} */
export const patchOf = (shown, at, colors, known) =>
  blocks.patch(shown.shape, at, (made) => values(made, shown, colors, known));

/** Inputs and fused image, those of which there is a picture, grey or in colour.
    @type {(pictures: Pictures, arrays: Record<string, Bytes>, inColor: boolean) => void} */
export function images(pictures, arrays, inColor) {
  for (const name of IMAGES.filter((each) => pictures[each])) {
    fill(pictures[name], (inColor && arrays[`${name}_color`]) || arrays[name]);
  }
}

/** The same for the exact window of a large image.
    @type {(pictures: Pictures, exact: Message, inColor: boolean) => void} */
export function exactImages(pictures, { about, arrays }, inColor) {
  for (const name of IMAGES.filter((each) => pictures[each])) {
    const bytes = (inColor && arrays[`${name}_color`]) || arrays[name];
    pictures[name].patch = blocks.patch(bytes.shape, about, (made) => fill(made, bytes));
  }
}

/** Both windows of a Jacobian where they lie, zero around them.
    @type {(pictures: Pictures, windows: Record<string, Values>, at: Corner, colors: Scale, step: number) => void} */
export function jacobian(pictures, { first, second }, at, colors, step) {
  const zero = colorOf(0, colors);
  for (const [name, found] of Object.entries({ jacobian1: first, jacobian2: second })) {
    const seen = step > 1 ? blocks.strongest(found, at, step) : { values: found, ...at };
    spot(pictures[name], zero, seen, seen.values.shape, (words, width) =>
      paint(seen.values, colors, words, width, seen));
    if (step === 1) reducedPainting.windowed(pictures[name], found, at, colors);
    else Object.assign(pictures[name], { isEmptyAround: true, patch: patchOf(found, at, colors) });
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

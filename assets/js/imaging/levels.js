/* The window of grey levels in which a picture is shown ({ low, high, palette }, in parts of the range from its smallest
   value to its largest): as dashboard/imaging/grey_window.py. It changes what is shown, never what a network is given. */
import { tableNamed } from "./colormap.js";

/** Width of the narrowest window, and how far windows may lie outside of the range. */
const LEAST = 1 / 255, MOST = 4;
/** @type {Levels} */
export const FULL = Object.freeze({ low: 0, high: 1, palette: "grey" });
/** @type {Readonly<Record<string, string>>} */
export const PALETTE_NAMES = Object.freeze({ "grey": "grey", "inverse": "inverse grey", "hot-iron": "Hot Iron", "pet-20-step": "PET 20 step" });
/** What a click offers; `units` are the window in the units of a file that has them.
    @type {readonly (Levels & { name: string, units?: Record<string, number[]> })[]} */
export const PRESETS = Object.freeze([
  { name: "Full range", ...FULL },
  { name: "MRI", low: 0.02, high: 0.7, palette: "grey" },
  { name: "PET inverse grey", low: 0, high: 1, palette: "inverse" },
  { name: "Hot Iron", low: 0, high: 1, palette: "hot-iron" },
  { name: "PET 20 step", low: 0, high: 1, palette: "pet-20-step" },
  { name: "Bone", low: 0.5, high: 1, palette: "grey", units: { HU: [-500, 1500] } },
  { name: "Brain", low: 0.15, high: 0.55, palette: "grey", units: { HU: [0, 80] } },
]);

/** A preset as a window of one image: in the file's units where both know them, else in parts of the scaled range.
    @type {(preset: typeof PRESETS[number], raw?: RawScale | null) => Levels} */
export function windowOf({ low, high, palette, units }, raw) {
  const known = raw && units?.[raw.unit];
  if (!known || !(raw.high > raw.low)) return { low, high, palette };
  const [from, to] = known.map((value) => (value - raw.low) / (raw.high - raw.low));
  return { low: from, high: to, palette };
}

/** @type {(one: Levels, other: Levels) => boolean} */
export const isSame = (one, other) => one.low === other.low && one.high === other.high && one.palette === other.palette;

/** The window wider by `width` around a centre that is higher by `centre`, as far as windows go.
    @type {(levels: Levels, width: number, centre: number) => Levels} */
export function changed({ low, high, palette }, width, centre) {
  const wide = Math.min(Math.max(high - low + width, LEAST), MOST), middle = Math.min(Math.max((low + high) / 2 + centre, -1), 2);
  return { low: middle - wide / 2, high: middle + wide / 2, palette };
}

/** The colour of each of 256 grey levels, as RGBA words.
    @type {(levels: Levels) => Uint32Array} */
export function wordsOf({ low, high, palette }) {
  const table = tableNamed(palette);
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const place = (level / 255 - low) / (high - low);
    return table[Math.floor(Math.min(Math.max(place, 0), 1) * 255 + 0.5)];
  });
}

/** Window and level as words, in the units of the file where it has a scale, else in parts of the scaled range.
    @type {(levels: Levels, raw?: RawScale | null) => string} */
export function noteOf({ low, high, palette }, raw) {
  const span = raw ? raw.high - raw.low : 1, start = raw ? raw.low : 0;
  /** @type {(value: number) => string} */
  const short = (value) => String(Number(value.toPrecision(3))).replace("-", "−");
  const name = palette === FULL.palette ? "" : ` · ${PALETTE_NAMES[palette]}`;
  return `W ${short((high - low) * span)} L ${short(start + ((low + high) / 2) * span)}${name} · display only`;
}

/** The windows that differ from the full range as the address has them; nothing where none does.
    @type {(levels: Record<string, Levels>) => { levels?: string }} */
export function addressOf(levels) {
  const parts = Object.entries(levels).map(([image, { low, high, palette }]) => [image, Number(low.toFixed(4)), Number(high.toFixed(4)), palette].join(":"));
  return parts.length ? { levels: parts.join(",") } : {};
}

/** The windows that an address asks for, as far as they can be shown.
    @type {(words: URLSearchParams) => Record<string, Levels>} */
export function read(words) {
  const found = (words.get("levels") ?? "").split(",").map((part) => part.split(":"));
  return Object.fromEntries(found.flatMap(([image, low, high, palette]) => {
    const levels = { low: Number(low), high: Number(high), palette };
    const isWindow = ["first", "second", "fused"].includes(image) && Object.hasOwn(PALETTE_NAMES, palette)
      && levels.low >= -10 && levels.high <= 10 && levels.high - levels.low >= 0.99 * LEAST;
    return isWindow ? [[image, levels]] : [];
  }));
}

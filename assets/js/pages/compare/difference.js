/* A network less the reference on Compare: fused image and guidance, signed, zero in the middle of the colours. */
import * as exactWindows from "../../data/exact_windows.js";
import * as wire from "../../data/wire.js";
import * as painting from "../../imaging/painting.js";
import { INPUTS } from "../../components/elements.js";
import { DIFFERENCES } from "./rows.js";

/** What a column's panels of differences are called.
    @type {(column: Column) => Record<string, string>} */
export function titles({ view, difference }) {
  const [one, two] = view?.names || INPUTS, less = difference?.other ? ` less ${difference.other.network}` : "";
  return {
    difference: `Difference, Fused${less}`, difference1: `Difference, Guidance ${one}${less}`, difference2: `Difference, Guidance ${two}${less}`,
  };
}

/** The differences of a column, before there are any.
    @type {(column: Column) => any} */
export const difference = (column) => ({ column, pictures: {}, message: null, exact: null, wanted: "", other: null, windows: exactWindows.follower() });

/** @type {(self: any) => void} */
export function clear(self) {
  if (!self) return; // the column is being made
  Object.assign(self, { pictures: {}, message: null, exact: null, wanted: "" });
  self.windows.attach(null);
}

/** Have what a column shows less `other`; guidance once both are finished. Nothing where either is missing. `changed`
    is told when something has come, `failed` of what does not.
    @type {(self: any, other: Column | undefined, side: number, changed: () => void, failed: (sentence: string) => void) => Promise<void>} */
export async function follow(self, other, side, changed, failed) {
  const { column } = self, isThere = column.view && other?.view && other !== column;
  const isFinished = isThere && column.guidance?.isComplete && other.guidance?.isComplete;
  const wanted = isThere ? [column.view.key, other.view.key, column.view.pair, side, Boolean(isFinished)].join(" ") : "";
  if (wanted === self.wanted) return;
  if (!isThere || !self.message?.about.key.startsWith(`${column.view.key} ${other.view.key}`)) clear(self);
  Object.assign(self, { wanted, other: isThere ? other : null });
  if (!isThere) return;
  if (!self.message) self.pictures = unknown(self); // hatched until they come
  const words = { pair: column.view.pair, one: column.network, other: other.network };
  try {
    const message = await wire.ask("compare/difference", { ...words, side });
    if (wanted !== self.wanted) return;
    take(self, message);
    if (message.about.step > 1) {
      self.windows.attach({ key: message.about.key, path: "compare/difference", words },
        (/** @type {Message} */ found) => { self.exact = found; changed(); }, failed);
      self.windows.sharpened(message.about.done, column.state);
    }
    changed();
  } catch (error) {
    if (wanted === self.wanted) failed(error.message);
  }
}

/** @type {(self: any, message: Message) => void} */
function take(self, message) {
  self.message = message;
  self.exact = null;
  self.pictures = unknown(self);
}

/** Pictures of which nothing is known: guidance stays so until both networks' is finished.
    @type {(self: any) => Pictures} */
const unknown = ({ column }) => painting.empty(Object.values(DIFFERENCES), column.view);

/** The largest size of a difference of the fused images, or of guidance; 0 where there is none.
    @type {(self: any, kind: "fused" | "guidance") => number} */
export const limitOf = ({ message }, kind) => message?.about.limits[kind] ?? 0;

/** Paint what has come; `scales` are of the fused images' and of guidance's differences. Where whole pictures show
    blocks, every pixel around the pointer besides.
    @type {(self: any, scales: { fused: Scale, guidance: Scale }) => void} */
export function paint({ message, exact, pictures }, scales) {
  /** @type {(image: string) => Scale} */
  const of = (image) => (image === "fused" ? scales.fused : scales.guidance);
  for (const [image, shown] of Object.entries(message?.arrays ?? {})) painting.values(pictures[image], shown, of(image));
  for (const [image, shown] of Object.entries(exact?.arrays ?? {})) {
    if (pictures[image]) pictures[image].patch = painting.patchOf(shown, exact.about, of(image));
  }
}

/** @type {(self: any, panel: Panel) => Picture | null} */
export const pictureIn = ({ pictures, column: { state } }, { image, isZoom }) =>
  (!isZoom || state.pixel ? pictures[DIFFERENCES[image]] ?? null : null);

/* The Jacobians that a case file holds, in place of data/jacobians.js: the same questions, answered without a server.
   The latest position wins; blocks of pixels are inflated when one of theirs is asked for. */
import { inflated } from "./file_parts.js";
import { codesOf, windowsOf } from "./window_codes.js";

/** A network of the file: what its header says, its figures, the codes of all blocks and where each begins.
    @typedef {{ about: any, figures: Record<string, Values>, codes: Uint8Array<ArrayBuffer>, starts: number[] }} KeptNetwork */
/** The pixels that are held, and the image that they lie in.
    @typedef {{ top: number, bottom: number, left: number, right: number, size: Size, inputs: Record<string, Values> }} KeptArea */

const KNOWN = 512; // blocks kept inflated, of all networks together
const KEPT = 4096;
/** When each pixel was pointed at, answered and painted (ms of performance.now), for benchmarks.
    @type {Timing[]} */
export const timings = [];

/** @type {KeptNetwork[]} */
let networks = [];
/** @type {KeptArea | null} */
let area = null;
/** @type {Timing | null} */
let wanted = null;
let isAnswering = false;
/** @type {(message: Message, timing: Timing) => void} */
let onAnswer = () => {};
/** @type {(error: Error) => void} */
let onProblem = () => {};
/** @type {Map<string, Int8Array<ArrayBuffer>>} */
const known = new Map(); // codes by network and block, those asked for last at the end

/** Answer from these networks from now on.
    @type {(held: KeptArea, shown: KeptNetwork[]) => void} */
export function keep(held, shown) {
  area = held;
  networks = shown;
}

/** @type {(path: string | null, words?: Words, answered?: (message: Message, timing: Timing) => void, failed?: (error: Error) => void) => void} */
export function attach(...[, , answered = () => {}, failed = () => {}]) {
  wanted = null;
  onAnswer = answered;
  onProblem = failed;
}

/** Want the Jacobians of a pixel; of the nearest one that is held, where it lies beside them.
    @type {(pixel: Pixel, since?: number) => void} */
export function want(pixel, since = performance.now()) {
  wanted = { row: pixel.row, col: pixel.col, event: since };
  if (!isAnswering) next();
}

async function next() {
  isAnswering = true;
  while (wanted && area) {
    const timing = wanted, asked = networks;
    wanted = null;
    try {
      const message = await answerOf(nearest(timing, area), area);
      if (asked === networks) onAnswer(message, { ...timing, received: performance.now() });
    } catch (error) {
      onProblem(error);
    }
  }
  isAnswering = false;
}

/** @type {(pixel: Pixel, held: KeptArea) => Pixel} */
const nearest = ({ row, col }, { top, bottom, left, right }) => ({
  row: Math.min(Math.max(row, top), bottom - 1), col: Math.min(Math.max(col, left), right - 1),
});

/** @type {(pixel: Pixel, held: KeptArea) => Promise<Message>} */
async function answerOf(pixel, held) {
  const parts = [];
  for (const network of networks) parts.push(await partOf(network, pixel, held));
  return { about: { ...pixel, parts }, arrays: {}, size: 0 };
}

/** A network's answer: as the server's, but for its values' last digits.
    @type {(network: KeptNetwork, pixel: Pixel, held: KeptArea) => Promise<any>} */
async function partOf(network, pixel, held) {
  const { about, figures } = network, { number, place, pixels } = placeOf(pixel, held, about.block);
  const across = held.right - held.left, index = (pixel.row - held.top) * across + pixel.col - held.left;
  /** @type {(values: Values | undefined, at: number) => number | null} */
  const figure = (values, at) => (values && Number.isFinite(values[at]) ? values[at] : null);
  const told = Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, figure(values, index)]));
  const inImage = pixel.row * held.size.width + pixel.col;
  const inputs = Object.fromEntries(["x1", "x2", "raw1", "raw2"].map((name) => [name, figure(held.inputs[name], inImage)]));
  const block = { codes: await codesAt(network, number, pixels), pixels, reach: about.reach };
  const { top, left, first, second } = windowsOf(block, place, figures.limit[index], pixel, held.size);
  return { about: { ...told, ...inputs, ...pixel, top, left, is_cut: about.is_cut }, arrays: { first, second } };
}

/** In which block a pixel lies, as how many-th of it, and how many pixels it holds.
    @type {(pixel: Pixel, held: { top: number, bottom: number, left: number, right: number }, side: number) => { number: number, place: number, pixels: number }} */
export function placeOf({ row, col }, { top, bottom, left, right }, side) {
  const down = Math.floor((row - top) / side), across = Math.floor((col - left) / side);
  const rows = Math.min(side, bottom - top - down * side), cols = Math.min(side, right - left - across * side);
  return {
    number: down * Math.ceil((right - left) / side) + across,
    place: (row - top - down * side) * cols + col - left - across * side,
    pixels: rows * cols,
  };
}

/** The codes of a block, inflated once and kept for a while.
    @type {(network: KeptNetwork, number: number, pixels: number) => Promise<Int8Array<ArrayBuffer>>} */
async function codesAt({ about, codes, starts }, number, pixels) {
  const key = `${about.name}/${number}`, kept = known.get(key);
  const found = kept ?? codesOf(await inflated(codes.subarray(starts[number], starts[number + 1])), pixels);
  known.delete(key); // the last one asked for stands last
  known.set(key, found);
  if (known.size > KNOWN) known.delete(/** @type {string} */ (known.keys().next().value));
  return found;
}

/** Where each of the blocks begins and ends whose lengths in bytes are known.
    @type {(lengths: number[]) => number[]} */
export function startsOf(lengths) {
  const starts = [0];
  for (const length of lengths) starts.push(starts[starts.length - 1] + length);
  return starts;
}

/** Note that an answer is drawn, in the frame that began at `frame`.
    @type {(timing: Timing, frame: number) => void} */
export function painted(timing, frame) {
  timings.push(Object.assign(timing, { frame, painted: performance.now() }));
  if (timings.length > KEPT) timings.shift();
}

/** Nothing takes long here, so that no pixel has to be chosen. */
export function choose() {}

/** Nor given up. */
export function cancel() {}

/** Whether nothing is asked for any more. */
export const isIdle = () => !isAnswering;

/* Regions: drawing a region on the inputs. A finished stroke becomes words; the server draws the outline. */
import * as address from "../../components/address.js";
import * as farewell from "../../data/farewell.js";
import { alertOf, around } from "../../components/elements.js";
import * as wire from "../../data/wire.js";
import { answerTo } from "../../data/server_answers.js";
import * as pictureHands from "../../viewer/picture_hands.js";
import { placeOf, ratioOf } from "../../viewer/pixels.js";
import * as grown from "./grown.js";
import * as namedRegions from "./named_regions.js";
import * as regionHistory from "./region_history.js";
import { BRUSH, joined, pathOf, wordsOf } from "./strokes.js";

const LARGEST_FILE = 32 * 2 ** 20; // bytes of a mask file, as the server has it
const SVG = "http://www.w3.org/2000/svg";

/** @type {{ pair: string } & Size} */
let view = { pair: "", width: 0, height: 0 }; // {pair, height, width, aspect} of the opened pair
let tool = "outline";
/** @type {{ pair: string, region: string } | null} */
let asked = null; // what figures are computed of
/** @typedef {{ surface: HTMLElement, points: number[][], how: "new" | "add" | "less", from: PointerEvent, far: number, seed: ReturnType<typeof grown.greyOf> | null }} Stroke */
/** @type {Stroke | null} */
let stroke = null; // while it is being drawn; `points` are [row, col]
let history = regionHistory.begun();

/** @type {() => HTMLElement[]} */
const surfaces = () => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".regions-surface"))];
/** @type {(sentence: string) => void} */
const say = (sentence) => dash_clientside.set_props("regions-problem", { children: alertOf(sentence) });
/** @type {(words: string) => void} */
const take = (words) => ask(regionHistory.changed(history, words));

// ---- drawing

function listen() {
  farewell.attach();
  pictureHands.attach(() => (view.height ? view : null));
  document.addEventListener("pointerdown", press);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", end);
  document.addEventListener("click", click);
  document.addEventListener("keydown", typed);
  namedRegions.attach(take);
}

/** @type {(event: KeyboardEvent) => void} */
function typed(event) {
  if (event.key === "Escape" && stroke) end();
  if (!(event.ctrlKey || event.metaKey) || around(event, "input:not([type=radio]), textarea")) return;
  const key = event.key.toLowerCase(), isRedo = key === "y" || (key === "z" && event.shiftKey);
  if (!isRedo && key !== "z") return;
  event.preventDefault();
  ask((isRedo ? regionHistory.redone : regionHistory.undone)(history));
}

/** Ask the server for the region that is now. What is undone before its answer comes is this region, not the one before.
    @type {(next: import("./region_history.js").History) => void} */
function ask(next) {
  history = regionHistory.asked(next);
  dash_clientside.set_props("regions-words", { value: history.now });
  offer();
}

/** What can be undone is offered. */
function offer() {
  const [back, forward] = ["regions-undo", "regions-redo"].map((id) => /** @type {HTMLButtonElement} */ (document.getElementById(id)));
  back.disabled = !history.past.length;
  forward.disabled = !history.future.length;
}

/** Where an event lies in the image: [row, col], whole numbers at pixel centres, kept inside.
    @type {(event: PointerEvent, surface: Element) => number[]} */
function pointOf(event, surface) {
  const { row, col } = placeOf(event, pictureHands.pictureOf(surface), view);
  return [Math.min(Math.max(row - 0.5, 0), view.height - 1), Math.min(Math.max(col - 0.5, 0), view.width - 1)];
}

/** @type {(event: PointerEvent) => void} */
function press(event) {
  const surface = around(event, ".regions-surface");
  if (!surface || !view.height || event.button !== 0) return;
  event.preventDefault();
  surface.setPointerCapture(event.pointerId);
  const picture = /** @type {HTMLImageElement} */ (pictureHands.pictureOf(surface));
  const how = event.shiftKey ? "add" : event.altKey ? "less" : "new", seed = tool === "threshold" ? grown.greyOf(picture) : null;
  stroke = { surface, points: [pointOf(event, surface)], how, from: event, far: 0, seed };
  preview(stroke.points);
}

/** @type {(event: PointerEvent) => void} */
function move(event) {
  if (!stroke) return;
  stroke.far = Math.hypot(event.clientX - stroke.from.clientX, event.clientY - stroke.from.clientY);
  const points = event.getCoalescedEvents?.() || [];
  for (const each of points.length ? points : [event]) extend(pointOf(each, stroke.surface));
  preview(stroke.points);
}

/** @type {(point: number[]) => void} */
function extend(point) {
  if (tool === "outline" || tool === "brush") stroke?.points.push(point);
  else if (stroke) stroke.points[1] = point;
}

function release() {
  if (!stroke) return;
  const { how } = stroke, words = stroke.seed ? grownWords(stroke) : wordsOf(tool, stroke.points);
  end();
  if (words) take(joined(history.waiting.at(-1) ?? asked?.region ?? "", words, how));
}

/** Where a threshold grows from, in pixels of the picture that is shown.
    @type {(points: number[][], shown: Size) => Pixel} */
const seedOf = ([[row, col]], { width, height }) => ({
  row: Math.min(Math.floor(((row + 0.5) / view.height) * height), height - 1), col: Math.min(Math.floor(((col + 0.5) / view.width) * width), width - 1),
});

/** @type {(drawn: Stroke) => string} */
function grownWords({ surface, points: [[row, col]], far }) {
  return grown.wordsOf(surfaces().indexOf(surface) + 1, grown.toleranceOf(far), { row: Math.round(row), col: Math.round(col) });
}

function end() {
  stroke = null;
  for (const surface of surfaces()) surface.querySelector(".stroke")?.replaceChildren();
}

/** The stroke on both inputs.
    @type {(points: number[][]) => void} */
function preview(points) {
  if (stroke?.seed) return previewGrown(stroke, stroke.seed);
  const path = pathOf(tool, points.map(([row, col]) => [row + 0.5, col + 0.5]));
  for (const surface of surfaces()) {
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
    picture.setAttribute("preserveAspectRatio", "none");
    for (const name of tool === "brush" ? ["brush"] : ["under", "over"]) {
      const line = document.createElementNS(SVG, "path");
      line.setAttribute("d", path);
      line.setAttribute("class", name);
      if (tool === "brush") line.setAttribute("stroke-width", String(2 * BRUSH + 1));
      picture.append(line);
    }
    surface.querySelector(".stroke")?.replaceChildren(picture);
  }
}

/** @type {(drawn: Stroke, seed: { grey: Uint8Array } & Size) => void} */
function previewGrown({ points, far }, { grey, width, height }) {
  const { row, col } = seedOf(points, { width, height });
  const found = grown.grownFrom(grey, width, row * width + col, grown.toleranceOf(far));
  for (const surface of surfaces()) surface.querySelector(".stroke")?.replaceChildren(grown.pictureOf(found, width, height));
}

// ---- labels and mask files

/** @type {(event: MouseEvent) => void} */
function click(event) {
  const label = around(event, ".regions-labels button");
  if (label) take(label.dataset.region);
  if (around(event, "#regions-upload")) choose();
  if (around(event, "#regions-undo")) ask(regionHistory.undone(history));
  if (around(event, "#regions-redo")) ask(regionHistory.redone(history));
  const held = around(event, ".regions-holds button");
  if (held) hold(held.dataset);
}

/** Pause or cancel a network's figures, or let them go on.
    @type {(told: DOMStringMap) => Promise<void>} */
async function hold({ network, how, along }) {
  if (!asked) return;
  await wire.post("regions/hold", { pair: asked.pair, region: asked.region, network, how, along })
    .catch((/** @type {Error} */ error) => say(error.message));
  dash_clientside.set_props(along ? "regions-along-clock" : "regions-clock", { disabled: false }); // it stands where nothing was worked on
}

function choose() {
  const picker = document.createElement("input");
  Object.assign(picker, { type: "file", accept: "image/png,image/jpeg,image/bmp,image/gif,image/tiff" });
  picker.addEventListener("change", () => upload(/** @type {FileList} */ (picker.files)[0]));
  picker.click();
}

/** Send a mask to the server; one that cannot be used is told, and what is drawn stays.
    @type {(file: File) => Promise<void>} */
async function upload(file) {
  if (file.size > LARGEST_FILE) return say(`The mask ${file.name} has more than 32 MB; save it as a PNG.`);
  const words = new URLSearchParams({ pair: view.pair, name: file.name });
  try {
    const response = await answerTo(`regions/mask?${words}`, { method: "POST", body: file });
    const answer = await response.json();
    if (response.ok) take(answer.region);
    else say(answer.error);
  } catch {
    say("The server does not answer; is it still running?");
  }
  return undefined;
}

// ---- called by Dash

/** @type {(opened: { pair: string } & Size | null, chosen: string) => void} */
export function attach(opened, chosen) {
  listen();
  tool = chosen;
  if (!opened) return;
  view = opened;
  for (const surface of surfaces()) surface.style.setProperty("--ratio", `${ratioOf(view)}`);
}

/** The server has refused a region: the next stroke builds on what is drawn.
    @type {(problem: unknown) => void} */
export function refused(problem) {
  if (problem) history = regionHistory.refused(history);
}

/** Bring theme, pressed label and address to what is chosen.
    @type {(choice: { pair: string, networks: string[], region: string, ring: number } | null, light: boolean) => void} */
export function settle(choice, light) {
  document.querySelector(".page.regions")?.classList.toggle("light", light);
  dash_clientside.set_props("provider", { forceColorScheme: light ? "light" : "dark" });
  const before = asked?.region ?? "";
  asked = choice;
  if (!choice) return;
  history = regionHistory.answered(history, choice.region, before);
  offer();
  namedRegions.show(choice.region);
  const labels = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".regions-labels button"));
  for (const button of labels) {
    button.setAttribute("aria-pressed", String(button.dataset.region === choice.region));
  }
  const region = choice.region.startsWith("mask:") ? "" : choice.region;
  const words = address.words();
  if (region) words.set("region", region);
  else words.delete("region");
  address.write({ pair: choice.pair, networks: choice.networks.join(","), ring: choice.ring, light }, words);
}

/* The lasso over Explore's scatterplot: what it catches is marked in all pictures, and can become a region. */
import * as address from "../../components/address.js";
import { make, put } from "../../components/elements.js";
import * as wire from "../../data/wire.js";
import { answerTo } from "../../data/server_answers.js";
import { contextOf } from "../../imaging/canvas.js";
import * as brushes from "../../viewer/brush.js";
import * as scatterplot from "../../viewer/scatterplot.js";

/** @typedef {{ x: number, y: number }} Point */
const LEAST = 3; // corners of a lasso

/** @type {any} */
let page = null;
/** @type {Panel} */
let panel;
/** @type {HTMLCanvasElement} */
let surface;
/** @type {Record<string, HTMLButtonElement>} */
let buttons = {};
/** @type {HTMLElement} */
let count;
/** @type {Point[] | null} */
let corners = null; // of the line that is being drawn, in CSS pixels of the plot

/** `explore` is told of what is marked.
    @type {(explore: object, panels: Panel[]) => void} */
export function attach(explore, panels) {
  page = explore;
  panel = /** @type {Panel} */ (panels.find(({ image }) => image === "scatter"));
  surface = make("canvas", { class: "lasso" });
  surface.hidden = true;
  panel.plot.append(surface);
  /** @type {(text: string, title: string, act: () => void) => HTMLButtonElement} */
  const button = (text, title, act) => make("button", { type: "button", text, title, onclick: act });
  buttons = {
    lasso: button("Lasso", "Draw around points: their pixels are marked in every picture", () => arm(Boolean(surface.hidden))),
    region: button("To Regions", "The marked pixels as a region", handOver),
    clear: button("Clear", "Mark nothing", () => show(null)),
  };
  buttons.lasso.setAttribute("aria-pressed", "false");
  panel.root.append(make("div", { class: "caption-tools" }, count = make("span", { role: "status" }), ...Object.values(buttons)));
  surface.addEventListener("pointerdown", begin);
  surface.addEventListener("pointermove", extend);
  surface.addEventListener("pointerup", end);
  surface.addEventListener("pointercancel", () => { corners = null; draw(); });
  show(null);
}

/** Draw on the scatterplot, or leave it to its own hands.
    @type {(isArmed: boolean) => void} */
function arm(isArmed) {
  surface.hidden = !isArmed;
  buttons.lasso.setAttribute("aria-pressed", String(isArmed));
}

/** Another view is shown: mark the region that the address names, or nothing.
    @type {(view: { pair: string }, isCurrent: () => boolean) => Promise<void>} */
export async function open(view, isCurrent) {
  const region = address.words().get("region");
  show(null);
  if (!region) return;
  try {
    const { arrays } = await wire.ask("regions/pixels", { pair: view.pair, region });
    if (isCurrent()) show(brushes.ofPixels(arrays.mask, page.state.step, region));
  } catch (error) {
    if (isCurrent()) say(error.message);
  }
}

/** @type {(sentence: string) => void} */
const say = (sentence) => { put(count, sentence); count.title = sentence; };

/** @type {(found: Brush | null) => void} */
function show(found) {
  page.mark(found);
  buttons.region.hidden = buttons.clear.hidden = !found;
  say(found ? `${found.count.toLocaleString("en")} ${found.step > 1 ? "blocks" : "pixels"}` : "");
}

// ---- drawing

/** @type {(event: PointerEvent) => Point} */
function pointOf({ clientX, clientY }) {
  const { left, top } = surface.getBoundingClientRect();
  return { x: clientX - left, y: clientY - top };
}

/** @type {(event: PointerEvent) => void} */
function begin(event) {
  if (event.button !== 0 || !page.shown().guidance) return;
  event.preventDefault();
  surface.setPointerCapture(event.pointerId);
  corners = [pointOf(event)];
}

/** @type {(event: PointerEvent) => void} */
function extend(event) {
  if (!corners) return;
  corners.push(...(event.getCoalescedEvents?.() ?? []).map(pointOf), pointOf(event));
  draw();
}

function end() {
  const drawn = corners, { guidance } = page.shown();
  corners = null;
  draw();
  if (!drawn || drawn.length < LEAST || !guidance) return;
  const line = drawn.map((each) => scatterplot.valuesAt(panel, guidance, each));
  show(brushes.brush(brushes.caught(line, guidance), page.state.step));
}

/** The line as far as it is drawn. */
function draw() {
  const ratio = window.devicePixelRatio || 1, { clientWidth, clientHeight } = surface;
  Object.assign(surface, { width: clientWidth * ratio, height: clientHeight * ratio });
  if (!corners) return;
  const context = contextOf(surface);
  context.scale(ratio, ratio);
  context.beginPath();
  for (const { x, y } of corners) context.lineTo(x, y);
  context.closePath();
  for (const [strokeStyle, lineWidth] of [["#000", 3], [`rgb(${brushes.COLOR})`, 1.5]]) {
    Object.assign(context, { strokeStyle, lineWidth });
    context.stroke();
  }
}

// ---- regions

/** Give the marked pixels to Regions, which asks all networks about them. */
async function handOver() {
  const { view } = page.shown(), { brush, width, height } = page.state;
  if (!view || !brush) return;
  try {
    const region = brush.word || await uploaded(view.pair, await brushes.file(brush, { width, height }));
    location.href = `regions?${new URLSearchParams({ ...Object.fromEntries(address.words()), pair: view.pair, region })}`;
  } catch (error) {
    say(error.message);
  }
}

/** @type {(pair: string, body: Blob) => Promise<string>} */
async function uploaded(pair, body) {
  const response = await answerTo(`regions/mask?${new URLSearchParams({ pair, name: "lasso" })}`, { method: "POST", body });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer.region;
}

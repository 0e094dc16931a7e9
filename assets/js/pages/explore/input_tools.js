/* The tools of both inputs, behind one button: do they lie on each other, what if the second lay elsewhere, and from which
   values are they scaled. A changed pair is another pair: it is chosen as any other one. */
import { byId, make, put, term } from "../../components/elements.js";
import { changedId, changesOf, rounded } from "../../components/pair_changes.js";
import * as inputOverlay from "../../viewer/input_overlay.js";
import * as mover from "../../viewer/mover.js";
import { sideTools } from "./side_tools.js";
import { clippedText, plot } from "./value_plot.js";

/** @typedef {import("../../components/pair_changes.js").PairChanges} PairChanges */

const STILL = { right: 0, down: 0, angle: 0 };

/** @type {any} */
let page = null;
/** @type {Record<string, any>} */
const parts = {};
/** @type {import("./side_tools.js").SideTools | null} */
let tools = null;
let asked = ""; // the pair whose values are shown, or about to be

/** `explore` is asked what is shown; `relabelled` that another overlay is to be named.
    @type {(explore: any, panels: Panel[], pictures: () => Pictures, relabelled: () => void) => void} */
export function attach(explore, panels, pictures, relabelled) {
  page = explore;
  build(relabelled);
  mover.attach(panels, page, {
    pictures, move, toggled: (isOn) => parts.drag.setAttribute("aria-pressed", String(isOn)),
    dropped: ({ right, down, angle }) => change({ move: [right, down, angle] }) || pictureBack(),
  });
  tools = sideTools("inputs", showValues);
}

// ---- parts

/** @type {(relabelled: () => void) => void} */
function build(relabelled) {
  const look = (/** @type {[string, string]} */ [kind, text]) => make("label", {}, make("input", {
    type: "radio", name: "input-look", value: kind, ...(kind === "none" && { checked: "" }),
    onchange() { inputOverlay.chosen.kind = kind; tune(); relabelled(); page.draw(); },
  }), text);
  parts.square = slider("Side of the squares", 2, 64, inputOverlay.chosen.square, " px", (value) => { inputOverlay.chosen.square = value; });
  parts.part = slider("Edges drawn, the strongest", 5, 100, 100 * inputOverlay.chosen.part, " %", (value) => { inputOverlay.chosen.part = value / 100; });
  for (const [name, text, most] of /** @type {[string, string, number][]} */ ([["right", "Right", 9999], ["down", "Down", 9999], ["angle", "Clockwise °", 180]])) {
    parts[name] = field(text, -most, most, 0.5, typed);
  }
  parts.title = term("What if it lay elsewhere?", "Changed pair");
  parts.drag = make("button", { type: "button", "aria-pressed": "false", text: "Drag on the pictures", title: "Key M. A drag moves it, with Shift turns it", onclick: () => mover.toggle(page, !mover.isMoving()) });
  parts.back = make("button", { type: "button", text: "Put back", onclick: () => change({ move: undefined }) });
  parts.values = make("div", { class: "value-inputs" });
  parts.swap = make("button", { type: "button", "aria-pressed": "false", text: "Swap the inputs", title: "The second becomes the first; move and windows are put back", onclick: swap });
  byId("inputs-tools").replaceChildren(
    make("header", {}, make("h2", { text: "Inputs" }), make("button", { type: "button", text: "Close", title: "Escape closes it too", onclick: () => tools?.close() })),
    make("div", { class: "move-buttons" }, parts.swap),
    make("h3", { text: "Registration" }),
    make("fieldset", {}, make("legend", { text: "One input over the other" }), ...Object.entries(inputOverlay.LOOKS).map(look)),
    parts.square, parts.part,
    make("p", { text: "Held, the key X shows each input in place of the other." }),
    make("h3", {}, parts.title),
    make("div", { class: "move-fields" }, parts.right, parts.down, parts.angle),
    make("div", { class: "move-buttons" }, parts.drag, parts.back),
    make("p", { text: "Pixels right and down; turned about the centre as the picture shows it, then moved; linear between pixels. Beyond its border there is no data: its lowest value stands there. Guidance of a changed pair begins where it is asked for." }),
    make("h3", { text: "Input values" }),
    parts.values,
  );
  tune();
}

/** Only what belongs to the chosen overlay can be tuned. */
function tune() {
  parts.square.hidden = inputOverlay.chosen.kind !== "checkerboard";
  parts.part.hidden = inputOverlay.chosen.kind !== "edges";
}

/** @type {(text: string, min: number, max: number, value: number, unit: string, act: (value: number) => void) => HTMLElement} */
function slider(text, min, max, value, unit, act) {
  const shown = make("output", { text: `${value}${unit}` });
  const input = make("input", { type: "range", min, max, value, oninput() { put(shown, `${input.value}${unit}`); act(Number(input.value)); page.draw(); } });
  return make("label", { class: "tuned" }, text, input, shown);
}

/** A number to be typed; `act` is called when it is.
    @type {(text: string, min: number | null, max: number | null, step: number | "any", act: () => void) => HTMLElement} */
const field = (text, min, max, step, act) => make("label", {}, text, make("input", { type: "number", min, max, step, value: 0, onchange: act }));

/** @type {(label: HTMLElement) => HTMLInputElement} */
const inputOf = (label) => /** @type {HTMLInputElement} */ (label.querySelector("input"));

// ---- the view

/** Another view is shown: the fields follow its pair.
    @type {() => void} */
export function open() {
  const { view } = page.shown();
  if (!view) return;
  const { right, down, angle } = move(), [, two] = view.names;
  for (const [name, value] of Object.entries({ right, down, angle })) inputOf(parts[name]).value = String(value);
  put(parts.title, `What if ${two} lay elsewhere?`);
  parts.back.disabled = !(right || down || angle);
  parts.swap.setAttribute("aria-pressed", String(Boolean(changesOf(view.pair).swap)));
  put(parts.swap, `Swap: ${two} first, ${view.names[0]} second`);
  showValues();
}

/** How the second input is moved.
    @type {() => { right: number, down: number, angle: number }} */
function move() {
  const { view } = page.shown(), [right, down, angle] = (view && changesOf(view.pair).move) ?? [];
  return right === undefined ? STILL : { right, down, angle };
}

function typed() {
  const numbers = ["right", "down", "angle"].map((name) => rounded(Number(inputOf(parts[name]).value)));
  change({ move: numbers });
}

/** Exchange the inputs; what else is changed belongs to an input at its place, and is put back. */
function swap() {
  const { view } = page.shown();
  if (view) change({ swap: !changesOf(view.pair).swap, move: undefined, window1: undefined, window2: undefined });
}

/** Choose the pair with another change; whether it is another one than is shown.
    @type {(changes: PairChanges) => boolean} */
function change(changes) {
  const { view } = page.shown();
  if (!view) return false;
  const pair = changedId(view.pair, { ...changesOf(view.pair), ...changes });
  if (pair === view.pair) return false;
  dash_clientside.set_props("pair", { value: pair });
  return true;
}

/** What was dragged came to lie where it was, or cannot lie there. */
export function pictureBack() {
  mover.cancel(page);
}

// ---- values

/** Show from which values the inputs are scaled, where somebody looks. */
async function showValues() {
  const { view } = page.shown();
  if (!view || byId("inputs-tools").hidden || asked === view.pair) return;
  const pair = asked = view.pair;
  const response = await fetch(`explore/values?${new URLSearchParams({ pair })}`).catch(() => null);
  if (pair !== asked) return;
  if (!response?.ok) {
    asked = "";
    parts.values.replaceChildren(make("p", { text: "The values do not come; is the server still running?" }));
    return;
  }
  const found = await response.json();
  if (pair === asked) parts.values.replaceChildren(...found.map(valuesOf));
}

/** As many digits as a field shows.
    @type {(value: number) => number} */
const shortened = (value) => Number(value.toPrecision(6));

/** @type {(found: import("./value_plot.js").InputValues, place: number) => HTMLElement} */
function valuesOf(found, place) {
  const { view } = page.shown(), word = /** @type {"window1" | "window2"} */ (`window${place + 1}`);
  const chosenNow = changesOf(view.pair)[word], isByVolume = chosenNow === "volume", own = isByVolume ? undefined : chosenNow, unit = found.unit || "of the generated image";
  const bounds = () => [low, high].map((each) => Number(inputOf(each).value));
  const chosen = () => {
    const [from, to] = bounds(), isWindow = inputOf(fixed).checked;
    problem.hidden = !isWindow || from < to;
    if (!isWindow) change({ [word]: volume && inputOf(volume).checked ? "volume" : undefined });
    else if (from < to) change({ [word]: [from, to] });
  };
  const low = field("0 is", null, null, "any", () => {}), high = field("1 is", null, null, "any", () => {});
  // A window is two numbers: the first alone would be another pair, whose fields take the place of those being typed in.
  const both = make("div", {
    class: "move-fields",
    onfocusout: (/** @type {FocusEvent} */ { relatedTarget }) => { if (!both.contains(/** @type {Node | null} */ (relatedTarget))) chosen(); },
    onkeydown: (/** @type {KeyboardEvent} */ { key }) => { if (key === "Enter") chosen(); },
  }, low, high, unit);
  for (const [label, value] of /** @type {[HTMLElement, number][]} */ ([[low, own?.[0] ?? shortened(found.low)], [high, own?.[1] ?? shortened(found.high)]])) {
    inputOf(label).value = String(value);
    inputOf(label).disabled = !own;
  }
  const way = (/** @type {string} */ text, /** @type {boolean} */ isChosen, isWindow = false) => make("label", {}, make("input", {
    type: "radio", name: word, ...(isChosen && { checked: "" }),
    onchange() {
      for (const each of [low, high]) inputOf(each).disabled = !isWindow;
      if (!isWindow) chosen();
      else inputOf(low).focus();
    },
  }), text);
  const range = way(found.is_volume ? "smallest to largest of the slice, as in the paper" : "smallest to largest, as in the paper", !chosenNow);
  const volume = found.is_volume ? way("smallest to largest of the volume", isByVolume) : null, fixed = way("a fixed window", Boolean(own), true);
  const problem = make("p", { class: "warns", text: "The first number has to be below the second.", hidden: "" });
  return make("fieldset", {}, make("legend", { text: `${found.name}: what becomes 0 and 1` }), range, ...(volume ? [volume] : []), fixed,
    both, problem, plot(found), make("p", { text: clippedText(found) }));
}

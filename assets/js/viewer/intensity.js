/* What a drag with the right button changes: the window of grey levels of anatomy and fused images, γ of derivatives. */
import * as levels from "../imaging/levels.js";
import * as presetMenu from "./preset_menu.js";

const SLOWEST = 4; // CSS pixels of a move that is still a click
const GAMMA = { low: 0.1, high: 2 }; // as GAMMA_RANGE of saliency/defaults.py

/** Which γ belongs to a kind of panel.
    @type {Readonly<Record<string, "gamma1" | "gamma2">>} */
const GAMMAS = Object.freeze({ jacobian: "gamma1", guidance: "gamma2" });

/** @type {(viewer: Pointed, image: string) => RawScale | null} */
const rawOf = ({ state }, image) => ({ first: state.raw?.[0], second: state.raw?.[1] })[image] ?? null;

/** Show a picture in another window, in the next frame.
    @type {(viewer: Pointed, image: string, chosen: Levels) => void} */
function show(viewer, image, chosen) {
  const { state } = viewer, { [image]: _, ...others } = state.levels;
  state.levels = levels.isSame(chosen, levels.FULL) ? others : { ...others, [image]: chosen };
  viewer.recolor("picture");
  viewer.rest();
}

/** A drag went by (x, y), in parts of the panel.
    @type {(viewer: Pointed, panel: Panel, x: number, y: number) => void} */
export function drag(viewer, panel, x, y) {
  const { state } = viewer, name = GAMMAS[panel.kind];
  if (panel.kind === "picture") show(viewer, panel.image, levels.changed(state.levels[panel.image] ?? levels.FULL, x, y));
  else if (name) setGamma(viewer, name, state[name] + (x - y) * (GAMMA.high - GAMMA.low));
}

/** @type {(viewer: Pointed, name: "gamma1" | "gamma2", value: number) => void} */
function setGamma(viewer, name, value) {
  const { state } = viewer;
  state.gammas = { gamma1: state.gamma1, gamma2: state.gamma2, ...state.gammas }; // as they were before
  viewer.shade(name, Math.min(Math.max(value, GAMMA.low), GAMMA.high));
}

/** The drag has ended: the slider follows, or a mere click opens the menu.
    @type {(viewer: Pointed, panel: Panel, moved: number, event: PointerEvent) => void} */
export function drop(viewer, panel, moved, event) {
  const name = GAMMAS[panel.kind];
  if (moved < SLOWEST) offer(viewer, panel, event.clientX, event.clientY);
  else if (name) follow(viewer, name);
}

/** @type {(viewer: Pointed, name: "gamma1" | "gamma2") => void} */
const follow = ({ prefix, state }, name) =>
  dash_clientside.set_props(`${prefix}${name}`, { value: Number(state[name].toFixed(2)) });

/** The menu of presets, where there is a picture.
    @type {(viewer: Pointed, panel: Panel, x: number, y: number) => void} */
export function offer(viewer, panel, x, y) {
  if (panel.kind !== "picture") return;
  const { image } = panel, name = panel.plot.getAttribute("aria-label") ?? "";
  presetMenu.open(panel, name, viewer.state.levels[image], rawOf(viewer, image), x, y, (chosen) => show(viewer, image, chosen));
}

/** Every window and γ as before the first drag.
    @type {(viewer: Pointed) => void} */
export function reset(viewer) {
  const { state } = viewer, { gammas } = state;
  state.levels = {};
  viewer.recolor("picture");
  state.gammas = null;
  for (const name of /** @type {const} */ (["gamma1", "gamma2"])) {
    if (!gammas || gammas[name] === state[name]) continue;
    viewer.shade(name, gammas[name]);
    follow(viewer, name);
  }
}

/** What stands over a panel of its window; nothing where it is the full range.
    @type {(panel: Panel, state: ViewerState) => string} */
export function noteOf(panel, state) {
  const chosen = panel.kind === "picture" ? state.levels?.[panel.image] : null;
  const raw = { first: state.raw?.[0], second: state.raw?.[1] }[panel.image];
  return chosen ? levels.noteOf(chosen, raw) : "";
}

/* The parts of a case file's page: controls, panels and what is said of where it comes from. */
import { byId, make } from "../../components/elements.js";
import * as panelCanvases from "../../viewer/panel_canvases.js";
import { ZOOM_SIZES } from "../../viewer/hands.js";
import { KEYS } from "../../viewer/keys.js";

/** Keys of the dashboard that have nothing to do here: slices, cases, marks that only its pages draw. */
const ELSEWHERE = /slice|case|Flicker|Move the second|Enlarge|enlarged/;
const DISPLAYS = { magnitude: "magnitude", signed: "signed", fusevis: "as FuseVis" };

/** The page around pictures that are yet to come; `changed` is called when a control is.
    @type {(about: any, changed: () => void) => void} */
export function build(about, changed) {
  /** @type {(label: string, ...fields: (Node | string)[]) => HTMLElement} */
  const control = (label, ...fields) => make("label", {}, make("span", { text: label }), ...fields);
  /** @type {(id: string, words: Record<string, string>, chosen: string) => HTMLElement} */
  const select = (id, words, chosen) => make("select", { id, onchange: changed }, ...Object.entries(words).map(([value, text]) =>
    make("option", { value, text, selected: value === chosen ? "" : null })));
  /** @type {(id: string, value: number) => (Node | string)[]} */
  const gamma = (id, value) => [
    make("input", { id, type: "range", min: 0.1, max: 2, step: 0.05, value, oninput: changed }), make("output", { id: `${id}-shown` }),
  ];
  const maps = Object.fromEntries(about.colormaps.map((/** @type {string} */ name) => [name, name]));
  const sizes = Object.fromEntries(ZOOM_SIZES.map((side) => [String(side), `${side} × ${side}`]));
  const isLight = matchMedia("(prefers-color-scheme: light)").matches;
  byId("casefile").replaceChildren(
    make("header", {},
      make("h1", { text: about.title }), make("span", { class: "kind", text: "FuseVis case file" }),
      make("strong", { class: "notice", text: about.notice })),
    make("div", { class: "controls-row" },
      control("Derivative", select("display", DISPLAYS, "magnitude")),
      control("Colours", select("colormap", maps, "viridis")),
      control("γ of Jacobians", ...gamma("gamma1", 0.3)),
      control("γ of guidance", ...gamma("gamma2", 0.5)),
      control("Zoom", select("window", sizes, "31")),
      control("Theme", select("theme", { dark: "dark", light: "light" }, isLight ? "light" : "dark")),
      make("span", { id: "chosen-networks", role: "group", "aria-label": "Networks" })),
    make("p", { id: "problem", class: "problem", role: "alert" }),
    make("div", { id: "views" }, make("section", { id: "inputs-part", "aria-label": "Inputs" },
      make("div", { id: "inputs", class: "grid" }), make("div", { id: "place", class: "figures" })), make("div", { id: "networks" })),
    make("footer", { id: "origin" }),
  );
}

/** What the controls say. */
export const chosen = () => ({
  display: byId("display").value, colormap: byId("colormap").value, window: Number(byId("window").value),
  gamma1: Number(byId("gamma1").value), gamma2: Number(byId("gamma2").value), light: byId("theme").value === "light",
});

/** A panel with its caption, at the end of a grid.
    @type {(grid: HTMLElement, image: string, caption: string, isZoom: boolean) => Panel} */
export function panelIn(grid, image, caption, isZoom) {
  const canvas = make("canvas", { class: "live", role: "img", "aria-label": caption });
  const plot = make("div", { class: "plot", role: "group", "aria-label": caption, tabindex: 0 }, canvas);
  const made = make("section", { class: `panel picks ${isZoom ? "zoom" : "whole"}`, "data-image": image, "data-zoom": isZoom ? 1 : 0 },
    plot, make("p", { class: "caption", text: caption }));
  grid.append(made);
  return /** @type {Panel} */ (panelCanvases.all(grid).find(({ root }) => root === made));
}

/** A network's place: its head, its panels, its colour bars and its read-out.
    @type {(place: HTMLElement, network: any) => { root: HTMLElement, bars: HTMLCanvasElement[], readout: HTMLElement }} */
export function networkIn(place, network) {
  /** @type {(label: string) => HTMLElement} */
  const bar = (label) => make("canvas", { class: "bar", role: "img", "aria-label": label });
  const bars = [bar("Colour scale of guidance"), bar("Colour scale of Jacobians")];
  const readout = make("div", { class: "figures" });
  const told = make("p", { class: network.is_cut ? "exactness warns" : "exactness", text: exactness(network) });
  const root = make("section", { class: "network", "aria-label": network.name },
    make("h2", { text: network.name }),
    make("div", { class: "bars" }, make("span", { text: "Guidance" }), bars[0], make("span", { text: "Jacobian" }), bars[1]),
    make("div", { class: "grid" }), make("div", { class: "told" }, readout, told));
  place.append(root);
  return { root, bars: /** @type {any} */ (bars), readout };
}

/** How far a value of the file is off, and what its windows hold.
    @type {(network: any) => string} */
export function exactness({ reach, is_cut: isCut, radius, error, relative, outside_most: most, outside_mean: mean }) {
  const side = 2 * reach + 1, sees = radius === null ? "the whole image" : `${radius} pixels around`;
  const held = isCut
    ? `Each window of ${side} × ${side} pixels is a part of what its pixel depends on (${sees}): ${percent(mean)} of the influence lies outside of it on average, ${percent(most)} at most; what is outside is hatched.`
    : `Each window of ${side} × ${side} pixels holds all that its pixel depends on.`;
  return `${held} A derivative in a picture differs from the computed one by at most ${error.toPrecision(2)}, ${percent(relative)} of its window's largest: it is kept in a byte. All figures are as computed.`;
}

/** @type {(part: number) => string} */
const percent = (part) => `${(100 * part).toPrecision(2)} %`;

/** Which networks are shown, where there are several.
    @type {(networks: { about: any, isShown: boolean }[], toggle: (network: any, isNow: boolean) => void) => void} */
export function offer(networks, toggle) {
  if (networks.length < 2) return;
  byId("chosen-networks").append(...networks.map((network) => {
    const box = make("input", { type: "checkbox", checked: "", onchange: () => {
      toggle(network, box.checked);
      box.checked = network.isShown;
    } });
    return make("label", {}, box, make("span", { text: network.about.name }));
  }));
}

/** As many networks as are shown share the room.
    @type {(count: number) => void} */
export function fit(count) {
  const views = byId("views");
  views.style.setProperty("--networks", String(count));
  views.classList.toggle("alone", count === 1);
}

/** What the file is made of, at the foot of the page.
    @type {(about: any, networks: any[]) => void} */
export function provenance(about, networks) {
  /** @type {(name: string, ...texts: string[]) => HTMLElement} */
  const part = (name, ...texts) => make("details", {}, make("summary", { text: name }), ...texts.map((text) => make("p", { text })));
  const keys = KEYS.filter(({ keys: names, does }) => !ELSEWHERE.test(does) && !ELSEWHERE.test(names));
  const checked = networks.map(({ name, checked: pixels, beside, reach }) =>
    `${name}: windows reach ${reach} pixels; at ${pixels} pixels the engine's blocks were held against its single Jacobians and differed by at most ${beside.toExponential(1)} of the largest.`);
  byId("origin").append(
    make("p", { class: "line", text: about.line }),
    make("div", { class: "foldable" },
      part("How the inputs were scaled", ...about.scaled, about.caution),
      part("How exact it is", ...networks.map((each) => `${each.name}: ${exactness(each)}`), ...checked),
      part("Where it comes from", JSON.stringify(about.facts, null, 1)),
      part("Keys and hands", ...keys.map(({ keys: names, does }) => `${names}: ${does}`))));
}

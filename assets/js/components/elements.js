/* Parts of the page that are made in the browser. */

/** What follows the name of a panel while no pair is open, in place of what its inputs are called. */
export const INPUTS = ["of the first input", "of the second input"];

/** The element with an id, which is there.
    @type {(id: string) => any} */
export const byId = (id) => document.getElementById(id);

/** The element around where an event happened that fits a selector, if there is one.
    @type {(event: Event, selector: string) => any} */
export const around = ({ target }, selector) => (target instanceof Element ? target.closest(selector) : null);

/** An element with its attributes (`text` and `on…` listeners among them) and children.
    @type {(kind: string, attributes?: Record<string, any>, ...children: (Node | string)[]) => any} */
export function make(kind, attributes = {}, ...children) {
  const made = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Words that open the glossary at a term; viewer/help.js listens.
    @type {(shown: string, name: string) => HTMLElement} */
export const term = (shown, name) =>
  make("button", { type: "button", class: "term", "data-term": name, title: `What is meant by “${name}”?`, text: shown });

/** A panel as the pages that Dash lays out have it, without a figure below its canvas.
    @type {(image: string, isZoom: boolean, kind?: { picks?: boolean, reaches?: boolean, label?: string }) => HTMLElement} */
export function panel(image, isZoom, { picks = false, reaches = false, label = "" } = {}) {
  const canvas = make("canvas", { class: "live", role: "img", "aria-label": label });
  const plot = make("div", { class: "plot", role: "group", "aria-label": label, tabindex: reaches ? 0 : picks ? -1 : null }, canvas);
  const kinds = ["panel", isZoom ? "zoom" : "whole", ...(picks ? ["picks"] : [])];
  return make("section", { class: kinds.join(" "), "data-image": image, "data-zoom": isZoom ? 1 : 0 }, plot);
}

/** Tell a screen reader what a panel shows: the plot, which takes the keys, and its picture.
    @type {(panel: Panel, text: string) => void} */
export function announce({ plot, canvas }, text) {
  for (const each of [plot, canvas]) each.setAttribute("aria-label", text);
}

/** A sentence that Dash shows as a warning which announces itself and can be closed; as in dashboard/components/navigation.py.
    @type {(sentence: string) => object | null} */
export const alertOf = (sentence) => (sentence ? {
  namespace: "dash_mantine_components", type: "Alert",
  props: { children: sentence, color: "red", variant: "light", withCloseButton: true, py: 6 },
} : null);

/** Change a text only where it changes: the page is laid out anew for every change.
    @type {(element: Element, text: string) => void} */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The same where a text changes with every move: its node stays, so that only its own box is laid out anew.
    @type {(element: Element, text: string) => void} */
export function retext(element, text) {
  const node = element.firstChild;
  if (!(node instanceof Text) || node.nextSibling) put(element, text);
  else if (node.data !== text) node.data = text;
}

/* A window of grey levels over a picture that is no canvas: an SVG filter with the colour of each of 256 levels. */
import { wordsOf } from "../imaging/levels.js";

const SVG = "http://www.w3.org/2000/svg";
const CHANNELS = ["R", "G", "B"];

/** @type {(kind: string, attributes: Record<string, string>, ...children: Element[]) => Element} */
function svg(kind, attributes, ...children) {
  const made = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** What each channel of a grey level becomes, 256 of them from 0 to 1 for each channel.
    @type {(levels: Levels) => string[]} */
export const tablesOf = (levels) => {
  const words = [...wordsOf(levels)];
  return CHANNELS.map((_, channel) => words.map((word) => (((word >>> (8 * channel)) & 255) / 255).toFixed(5)).join(" "));
};

/** The CSS filter that shows an image in a window; one filter an image stands in the document, and is changed.
    @type {(image: string, levels: Levels) => string} */
export function of(image, levels) {
  const id = `window-of-${image}`, tables = tablesOf(levels);
  const functions = CHANNELS.map((channel, place) => svg(`feFunc${channel}`, { type: "discrete", tableValues: tables[place] }));
  const filter = svg("filter", { id, "color-interpolation-filters": "sRGB", x: "0", y: "0", width: "1", height: "1" }, svg("feComponentTransfer", {}, ...functions));
  const holder = document.getElementById("window-filters") ?? document.body.appendChild(
    svg("svg", { id: "window-filters", width: "0", height: "0", "aria-hidden": "true" }));
  const before = document.getElementById(id);
  if (before) before.replaceWith(filter);
  else holder.append(filter);
  return `url(#${id})`;
}

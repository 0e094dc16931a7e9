/* Regions: drawing a region on the inputs. A finished stroke becomes words; the server draws the outline. */
import * as address from "../../components/address.js";
import { placeOf } from "../../viewer/pixels.js";

const MOST_CORNERS = 120; // of an outline, so that its words fit an address
const LARGEST_FILE = 32 * 2 ** 20; // bytes of a mask file, as the server has it
const SVG = "http://www.w3.org/2000/svg";

let view = null; // {pair, height, width} of the opened pair
let tool = "outline";
let stroke = null; // {surface, points: [[row, col], …]} while it is being drawn

const surfaces = () => [...document.querySelectorAll(".regions-surface")];
const say = (sentence) => dash_clientside.set_props("regions-problem", { children: sentence ? alertOf(sentence) : null });
const alertOf = (sentence) => ({
  namespace: "dash_mantine_components", type: "Alert",
  props: { children: sentence, color: "red", variant: "light", withCloseButton: true, py: 6 },
});
const take = (words) => dash_clientside.set_props("regions-words", { value: words });

// ---- drawing

function listen() {
  document.addEventListener("pointerdown", press);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", end);
  document.addEventListener("click", click);
  document.addEventListener("keydown", typed);
}

function typed(event) {
  if (event.key === "Escape" && stroke) end();
}

/** Where an event lies in the image: [row, col], whole numbers at pixel centres, kept inside. */
function pointOf(event, surface) {
  const { row, col } = placeOf(event, surface, view);
  return [Math.min(Math.max(row - 0.5, 0), view.height - 1), Math.min(Math.max(col - 0.5, 0), view.width - 1)];
}

function press(event) {
  const surface = event.target.closest?.(".regions-surface");
  if (!surface || !view || event.button !== 0) return;
  event.preventDefault();
  surface.setPointerCapture(event.pointerId);
  stroke = { surface, points: [pointOf(event, surface)] };
}

function move(event) {
  if (!stroke) return;
  const points = event.getCoalescedEvents?.() || [];
  for (const each of points.length ? points : [event]) extend(pointOf(each, stroke.surface));
  preview();
}

function extend(point) {
  if (tool === "outline") stroke.points.push(point);
  else stroke.points[1] = point;
}

function release() {
  if (!stroke) return;
  const words = wordsOf(stroke.points);
  end();
  if (words) take(words);
}

function end() {
  stroke = null;
  for (const surface of surfaces()) surface.querySelector(".stroke").replaceChildren();
}

/** The words for a stroke; null for a mere click. */
export function wordsOf(points) {
  const [[row, col], to] = points;
  if (!to) return null;
  const whole = (value) => Math.round(value);
  if (tool === "disk") {
    const radius = Math.hypot(to[0] - row, to[1] - col);
    return `disk:${whole(row)},${whole(col)},${Math.round(radius * 10) / 10}`;
  }
  if (tool === "rect") return `rect:${[row, col, ...to].map(whole).join(",")}`;
  const corners = simplified(points.map((point) => point.map(whole)));
  return corners.length < 3 ? null : `outline:${corners.flat().join(",")}`;
}

/** An outline of at most MOST_CORNERS: as fine as that allows. */
export function simplified(points) {
  const distinct = points.filter(([row, col], at) => !at || row !== points[at - 1][0] || col !== points[at - 1][1]);
  let tolerance = 0.5;
  let corners = thinned(distinct, tolerance);
  while (corners.length > MOST_CORNERS) corners = thinned(distinct, (tolerance *= 1.5));
  return corners;
}

/** Douglas and Peucker: leave out what lies within `tolerance` of the line between what is kept. */
function thinned(points, tolerance) {
  if (points.length < 3) return points;
  const [start, stop] = [points[0], points[points.length - 1]];
  let farthest = 0, largest = -1;
  for (let at = 1; at < points.length - 1; at += 1) {
    const distance = distanceTo(points[at], start, stop);
    if (distance > largest) [farthest, largest] = [at, distance];
  }
  if (largest <= tolerance) return [start, stop];
  return [...thinned(points.slice(0, farthest + 1), tolerance).slice(0, -1), ...thinned(points.slice(farthest), tolerance)];
}

function distanceTo([row, col], [row1, col1], [row2, col2]) {
  const length = Math.hypot(row2 - row1, col2 - col1);
  if (!length) return Math.hypot(row - row1, col - col1);
  return Math.abs((row2 - row1) * (col - col1) - (col2 - col1) * (row - row1)) / length;
}

/** The stroke on both inputs. */
function preview() {
  const path = pathOf(stroke.points.map(([row, col]) => [row + 0.5, col + 0.5]));
  for (const surface of surfaces()) {
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
    picture.setAttribute("preserveAspectRatio", "none");
    for (const name of ["under", "over"]) {
      const line = document.createElementNS(SVG, "path");
      line.setAttribute("d", path);
      line.setAttribute("class", name);
      picture.append(line);
    }
    surface.querySelector(".stroke").replaceChildren(picture);
  }
}

function pathOf(points) {
  const [[row, col], to] = points;
  if (!to) return "";
  if (tool === "rect") return `M${col} ${row}H${to[1]}V${to[0]}H${col}Z`;
  if (tool === "disk") {
    const radius = Math.hypot(to[0] - row, to[1] - col);
    return `M${col - radius} ${row}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`;
  }
  return `M${points.map(([down, right]) => `${right} ${down}`).join("L")}Z`;
}

// ---- labels and mask files

function click(event) {
  const label = event.target.closest?.(".regions-labels button");
  if (label) take(label.dataset.region);
  if (event.target.closest?.("#regions-upload")) choose();
}

function choose() {
  const picker = document.createElement("input");
  Object.assign(picker, { type: "file", accept: "image/png,image/jpeg,image/bmp,image/gif,image/tiff" });
  picker.addEventListener("change", () => upload(picker.files[0]));
  picker.click();
}

/** Send a mask to the server; one that cannot be used is told, and what is drawn stays. */
async function upload(file) {
  if (file.size > LARGEST_FILE) return say(`The mask ${file.name} has more than 32 MB; save it as a PNG.`);
  const words = new URLSearchParams({ pair: view.pair, name: file.name });
  try {
    const response = await fetch(`regions/mask?${words}`, { method: "POST", body: file });
    const answer = await response.json();
    if (response.ok) take(answer.region);
    else say(answer.error);
  } catch (error) {
    say("The server does not answer; is it still running?");
  }
  return undefined;
}

// ---- called by Dash

export function attach(opened, chosen) {
  listen();
  tool = chosen;
  if (!opened) return;
  view = opened;
  for (const surface of surfaces()) surface.style.setProperty("--ratio", view.width / view.height);
}

/** Bring theme, pressed label and address to what is chosen. */
export function settle(choice, light) {
  document.querySelector(".page.regions").classList.toggle("light", light);
  dash_clientside.set_props("provider", { forceColorScheme: light ? "light" : "dark" });
  if (!choice) return;
  for (const button of document.querySelectorAll(".regions-labels button")) {
    button.setAttribute("aria-pressed", String(button.dataset.region === choice.region));
  }
  const region = choice.region.startsWith("mask:") ? "" : choice.region;
  const words = address.words();
  if (region) words.set("region", region);
  else words.delete("region");
  address.write({ pair: choice.pair, networks: choice.networks.join(","), ring: choice.ring, light }, words);
}

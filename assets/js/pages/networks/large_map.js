/* One picture from inside a network, large: its values under the pointer or the arrow keys, and where it acts. */
import * as wire from "../../data/wire.js";
import { contextOf } from "../../imaging/canvas.js";
import { colorOf, short } from "../../imaging/colormap.js";
import { make } from "../../components/elements.js";
import { stepOf } from "../../viewer/keys.js";
import * as pictureHands from "../../viewer/picture_hands.js";
import { inside, nearest, placeOf, steps } from "../../viewer/pixels.js";

const FAINT = 0.12; // of the scale: what lies nearer to its zero leaves the picture beneath as it is

/** @type {any} */
let shown = null; // {words, about, values, inputs, beneath, pixel, parts}
let serial = 0;


export function close() {
  serial += 1;
  shown = null;
  document.getElementById("net-large")?.replaceChildren();
}

/** Fetch a picture's values and draw it into `place`; only what has changed is fetched anew.
    @type {(place: Element, words: Words, about: any, inputs: Message) => Promise<void>} */
export async function show(place, words, about, inputs) {
  const mine = serial += 1, key = JSON.stringify(words);
  let values = shown && shown.key === key ? shown.values : null;
  if (!values) {
    try {
      ({ arrays: { values } } = await wire.ask("networks/map", words));
    } catch (error) {
      if (mine === serial) place.replaceChildren(make("p", { class: "net-problem", text: error.message }));
      return;
    }
    if (mine !== serial) return;
  }
  const keep = shown ? { beneath: shown.beneath, pixel: shown.pixel } : { beneath: "first", pixel: null };
  shown = { key, about, values, inputs, ...keep };
  if (shown.pixel && (shown.pixel.row >= values.shape[0] || shown.pixel.col >= values.shape[1])) shown.pixel = null;
  pictureHands.attach();
  build(place);
  paint();
  read();
}

// ---- what stands there

/** @type {(place: Element) => void} */
function build(place) {
  const { about, values, inputs } = shown;
  const [height, width] = values.shape;
  const map = canvas(width, height, "the map"), over = canvas(width, height, "where it acts");
  shown.parts = { map, over, bar: make("canvas", { width: 256, height: 1 }), value: make("output"), ticks: make("span", { class: "net-ticks" }) };
  shown.parts.bar.setAttribute("aria-hidden", "true");
  const choose = make("span", { class: "net-beneath" }, "over ", ...["first", "second"].map((which, number) => {
    const button = make("button", { type: "button", text: inputs.about.names[number] });
    button.setAttribute("aria-pressed", shown.beneath === which);
    button.addEventListener("click", () => {
      shown.beneath = which;
      for (const each of button.parentNode.querySelectorAll("button")) each.setAttribute("aria-pressed", each === button);
      paint();
    });
    return button;
  }));
  const weight = about.weight ? `${about.weight.name} ${short(about.weight.value)} · ` : "";
  place.replaceChildren(
    make("h3", { text: about.title }),
    make("p", { class: "net-note", text: `${weight}strength ${short(about.strength)} · ${height} × ${width} values` }),
    make("div", { class: "net-pair" },
      make("figure", {}, handled(map), make("figcaption", { text: "values" })),
      make("figure", {}, handled(over), make("figcaption", { text: "where it acts, " }, choose))),
    make("div", { class: "net-bar" }, shown.parts.bar, shown.parts.ticks),
    make("p", { class: "net-note", text: about.isCommon ? "One scale for all pictures of this view." : "This picture's own scale." }),
    shown.parts.value,
  );
}

/** A picture that is zoomed and moved with the other one.
    @type {(picture: HTMLCanvasElement) => HTMLElement} */
function handled(picture) {
  const { aspect } = shown.inputs.about, made = make("div", { class: "net-picture", "data-hands": "inner", "data-aspect": aspect }, picture);
  made.style.aspectRatio = `${picture.width} / ${picture.height * aspect}`;
  return made;
}

/** @type {(width: number, height: number, what: string) => HTMLCanvasElement} */
function canvas(width, height, what) {
  const element = make("canvas", { width, height, tabindex: what === "the map" ? 0 : -1 });
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", `${shown.about.title}, ${what}; arrow keys read its values`);
  element.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    point(nearest(placeOf(event, element, { width, height }), { width, height }));
  });
  element.addEventListener("keydown", keyed);
  return element;
}

/** @type {(event: KeyboardEvent) => void} */
function keyed(event) {
  const by = stepOf(event);
  if (!by) return;
  event.preventDefault();
  const [height, width] = shown.values.shape;
  const [next] = steps(inside(shown.pixel, { width, height }), ...by, { width, height });
  point(next);
}

/** @type {(pixel: Pixel) => void} */
function point(pixel) {
  shown.pixel = pixel;
  paint();
  read();
}

function read() {
  const { values, pixel, parts } = shown;
  const value = pixel && values[pixel.row * values.shape[1] + pixel.col];
  parts.value.textContent = pixel
    ? `row ${pixel.row}, column ${pixel.col}: ${short(value)}`
    : "Point at the map, or use the arrow keys, to read its values.";
}

// ---- painting

/** A value's place in its colour table, 0 to 255, as dashboard/service/inner_view_images.py finds it.
    @type {(value: number, scale: number[]) => number} */
function index(value, [low, high]) {
  if (!(high > low)) return 128;
  return Math.floor(Math.min(Math.max((value - low) / (high - low), 0), 1) * 255 + 0.5) || 0;
}

function paint() {
  const { about, values, parts } = shown;
  const words = table(about);
  const image = new ImageData(values.shape[1], values.shape[0]);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < values.length; i += 1) pixels[i] = words[index(values[i], about.scale)];
  parts.map.getContext("2d").putImageData(image, 0, 0);
  overlay(pixels);
  bar(words, about.scale);
  for (const each of [parts.map, parts.over]) cross(each);
}

/** The colours of indices 0 to 255: those of colormap, whose scale begins at 0 or lies around it.
    @type {(look: { signed: boolean, colormap: string }) => Uint32Array<ArrayBuffer>} */
function table({ signed, colormap }) {
  /** @type {Scale} */
  const scale = signed ? { limit: 127.5, gamma: 1, display: "signed", colormap } : { limit: 255, gamma: 1, display: "magnitude", colormap };
  return Uint32Array.from({ length: 256 }, (_, i) => colorOf(signed ? i - 127.5 : i, scale));
}

/** The input in grey, and over it the map's colours, the stronger its value the less of the grey.
    @type {(colors: Uint32Array) => void} */
function overlay(colors) {
  const { about, values, inputs, parts, beneath } = shown;
  const [height, width] = values.shape, grey = inputs.arrays[beneath];
  const [rows, cols] = grey.shape;
  Object.assign(parts.over, { width: cols, height: rows });
  const image = new ImageData(cols, rows);
  const [low, high] = about.scale;
  for (let row = 0; row < rows; row += 1) {
    for (let col = 0; col < cols; col += 1) {
      const source = Math.floor((row * height) / rows) * width + Math.floor((col * width) / cols);
      const size = about.signed ? Math.abs(values[source]) / (high || 1) : (values[source] - low) / ((high - low) || 1);
      const share = size > FAINT ? Math.min(size, 1) : 0;
      const place = 4 * (row * cols + col), level = grey[row * cols + col];
      for (let channel = 0; channel < 3; channel += 1) {
        image.data[place + channel] = (1 - share) * level + share * ((colors[source] >>> (8 * channel)) & 255);
      }
      image.data[place + 3] = 255;
    }
  }
  parts.over.getContext("2d").putImageData(image, 0, 0);
}

/** @type {(element: HTMLCanvasElement) => void} */
function cross(element) {
  if (!shown.pixel) return;
  const [height, width] = shown.values.shape, context = contextOf(element);
  const size = { x: element.width / width, y: element.height / height };
  context.fillStyle = "rgba(255, 59, 48, 0.7)";
  const x = (shown.pixel.col + 0.5) * size.x, y = (shown.pixel.row + 0.5) * size.y, half = Math.max(element.width / 400, 0.25);
  for (const [from, to] of [[0, x - 3 * size.x], [x + 3 * size.x, element.width]]) context.fillRect(from, y - half, Math.max(to - from, 0), 2 * half);
  for (const [from, to] of [[0, y - 3 * size.y], [y + 3 * size.y, element.height]]) context.fillRect(x - half, from, 2 * half, Math.max(to - from, 0));
}

/** @type {(words: Uint32Array<ArrayBuffer>, scale: number[]) => void} */
function bar(words, [low, high]) {
  const { parts } = shown;
  const image = new ImageData(256, 1);
  new Uint32Array(image.data.buffer).set(words);
  parts.bar.getContext("2d").putImageData(image, 0, 0);
  const texts = [low, (low + high) / 2, high].map(short);
  parts.ticks.replaceChildren(...texts.map((text) => make("span", { text })));
}

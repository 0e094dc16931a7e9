/* What stands over a picture in small letters: a scale bar, how far it is zoomed or reduced, its window of grey levels and
   its orientation. Texts change only where they change: the page is laid out anew for every change. */
import { make, put } from "../components/elements.js";
import { blockOf } from "../imaging/pictures.js";
import { noteOf } from "./intensity.js";

const NARROW = 110, WIDE = 150; // CSS pixels of a panel below which no note fits, and no orientation
const LONGEST = 0.35; // of the panel's width, for the scale bar
const STEPS = [1, 2, 5];

/** @typedef {{ root: HTMLElement, bar: HTMLElement, zoom: HTMLElement, levels: HTMLElement, over: HTMLElement, sides: Record<string, HTMLElement> }} Note */
/** @type {WeakMap<Panel, Note>} */
const notes = new WeakMap();
/** @type {WeakMap<Panel, string>} */
const told = new WeakMap();

/** The longest round length that is at most `most` long on the screen, and its name. `grain`: length on the screen of a
    pixel; `spacing`: millimetres of a pixel, null where they are not known. As `nice_length` of dashboard/report/legend.py.
    @type {(grain: number, spacing: number | null, most: number) => [number, string]} */
export function niceLength(grain, spacing, most) {
  const unit = spacing ?? 1, units = (most / grain) * unit, power = 10 ** Math.floor(Math.log10(units));
  const longest = Math.max(...STEPS.map((step) => step * power).filter((length) => length <= units));
  const length = spacing === null ? Math.max(longest, 1) : longest;
  const name = Number(length.toPrecision(6));
  return [(length / unit) * grain, spacing === null ? `${name} pixel${length > 1 ? "s" : ""}` : `${name} mm`];
}

/** How a picture is brought to the screen; empty where every pixel is shown and nothing is zoomed. `block`: pixels in one.
    @type {(magnification: number, block: Block, isAnatomy: boolean) => string} */
export function zoomWords(magnification, { down, across }, isAnatomy) {
  const times = magnification > 1 ? `× ${magnification.toFixed(1)}` : "";
  const reduced = down > 1 || across > 1 ? (isAnatomy ? "smoothed" : `strongest of ${down} × ${across}`) : "";
  return [times, reduced].filter(Boolean).join(" · ");
}

/** Bring a panel's notes to what it shows. `scale`: pixels of its canvas for a column of the image.
    @type {(panel: Panel, picture: Picture | null, scale: number, state: ViewerState) => void} */
export function show(panel, picture, scale, state) {
  const ratio = window.devicePixelRatio || 1, width = panel.canvas.width / ratio, grain = scale / ratio;
  const isAnatomy = panel.kind === "picture", levels = noteOf(panel, state);
  const zoom = picture ? zoomWords(panel.isZoom ? 1 : state.magnification, blockOf(picture, { scale, aspect: state.aspect }), isAnatomy) : "";
  const over = picture?.over?.note ?? "";
  const key = [Boolean(picture), width, grain, zoom, levels, over, state.spacing, state.aspect, JSON.stringify(state.orientation)].join("/");
  if (told.get(panel) === key) return;
  told.set(panel, key);
  const note = notes.get(panel) ?? built(panel);
  note.root.hidden = !picture || width < NARROW;
  if (note.root.hidden) return;
  const [length, name] = niceLength(grain, state.spacing ?? null, LONGEST * width);
  const [words, line] = /** @type {HTMLElement[]} */ ([...note.bar.children]);
  line.style.width = `${length}px`;
  put(words, name);
  note.zoom.hidden = !zoom;
  put(note.zoom, zoom);
  note.levels.hidden = !levels;
  put(note.levels, levels);
  note.over.hidden = !over;
  put(note.over, over);
  orient(note, panel, width < WIDE || !isAnatomy ? null : state.orientation);
}

/** Letters at the borders of anatomy, or that nobody knows which side is which; nothing where there is none (a street).
    @type {(note: Note, panel: Panel, known: Record<string, string> | "unknown" | null | undefined) => void} */
function orient({ sides }, panel, known) {
  const isUnknown = known === "unknown" && !panel.isZoom;
  for (const [side, place] of Object.entries(sides)) {
    const text = known && known !== "unknown" ? known[side] ?? "" : isUnknown && side === "top" ? "orientation unknown" : "";
    place.hidden = !text;
    place.classList.toggle("letter", text.length === 1);
    put(place, text);
  }
}

/** @type {(panel: Panel) => Note} */
function built(panel) {
  /** @type {(kind: string) => HTMLElement} */
  const part = (kind) => make("span", { class: kind, hidden: "" });
  const bar = make("span", { class: "scale-bar" }, make("span"), make("i")), zoom = part("zoomed"), levels = part("levels"), over = part("overlaid");
  const sides = Object.fromEntries(["top", "bottom", "left", "right"].map((side) => [side, part(`side ${side}`)]));
  const root = make("div", { class: "panel-notes" }, bar, zoom, levels, over, ...Object.values(sides));
  panel.plot.append(root);
  const note = { root, bar, zoom, levels, over, sides };
  notes.set(panel, note);
  return note;
}

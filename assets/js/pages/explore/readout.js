/* The figures at the principal pixel, kept in a table that only this file writes: at rest as text, while the pointer moves
   drawn over it (see figures_canvas.js). */
import { byId, make, retext, term } from "../../components/elements.js";
import { rawText, rawTitle } from "../../viewer/raw_values.js";
import { REST } from "../../viewer/viewer.js";
import * as figuresCanvas from "./figures_canvas.js";

const FIGURES = ["pixel", "x1", "x2", "raw1", "raw2", "y", "d1", "d2", "total1", "total2", "share1", "share2", "radius1", "radius2", "time"];

/** @type {Record<string, any>} */
const cells = {};
/** @type {(RawScale | null)[]} */
let known = []; // scales of the files
/** @type {{ about: any, texts: Record<string, string> } | null} */
let latest = null; // what is shown, as text or drawn
let shownAt = -Infinity;
/** @type {import("./figures_canvas.js").Drawable | null} */
let drawable = null; // while figures are drawn: where
let isRefused = false; // this time they cannot be: it is not tried with every move
let restTimer = 0;

/** Build the empty table for a view's two modalities; `scales` are those of their files.
    @type {(names: string[], scales?: (RawScale | null)[]) => void} */
export function open(names, scales) {
  const [one, two] = names;
  rest();
  latest = null;
  shownAt = -Infinity;
  known = scales ?? [];
  /** @type {[string, string, ...string[][]][]} */
  const rows = [
    ["", "", ["head1", one], ["head2", two]],
    ["value", "x, y, ∂y/∂x", ["x1"], ["x2"]],
    ["in the file", "", ["raw1"], ["raw2"]],
    ["fused", "x, y, ∂y/∂x", ["y"]],
    ["∂y/∂x", "x, y, ∂y/∂x", ["d1"], ["d2"]],
    ["Σ|∂y/∂x|", "Σ |∂y/∂x| and share", ["total1"], ["total2"]],
    ["share", "Σ |∂y/∂x| and share", ["share1"], ["share2"]],
    ["90 % in", "r (90 %)", ["radius1"], ["radius2"]],
  ];
  const table = element("table");
  for (const [label, name, ...entries] of rows) {
    const row = table.appendChild(element("tr"));
    const head = row.appendChild(element(label ? "th" : "td"));
    if (label) Object.assign(head, { scope: "row" }).append(name ? term(label, name) : label);
    for (const [id, text] of entries) {
      const cell = row.appendChild(element(text === undefined ? "td" : "th", text || ""));
      cells[id] = Object.assign(cell, { id: `readout-${id}` });
      if (text === undefined) cell.textContent = "—"; // no value yet
      else cell.title = text;
    }
  }
  const [where, scatter, time, note] = Array.from({ length: 4 }, () => element("p")), shares = element("div");
  cells.pixel = Object.assign(where, { id: "readout-pixel", className: "where" });
  shares.className = "shares empty";
  cells.shares = shares;
  cells.bar = shares.appendChild(element("span"));
  cells.note = Object.assign(note, { id: "readout-note", className: "quiet", hidden: true });
  note.textContent = "Magenta: the derivative is undefined there, so there is no share either.";
  cells.correlation = Object.assign(scatter, { id: "readout-correlation", className: "quiet" });
  cells.correlated = element("span");
  scatter.append(term("Guidance correlation", "Pearson, Spearman"), cells.correlated);
  cells.time = Object.assign(time, { id: "readout-time", className: "quiet" });
  cells.canvas = make("canvas", { class: "figures", "aria-hidden": "true", hidden: "" });
  byId("readout").replaceChildren(where, table, shares, note, scatter, time, cells.canvas);
}

/** @type {(kind: string, text?: string) => any} */
function element(kind, text) {
  const made = document.createElement(kind);
  if (text) made.textContent = text;
  return made;
}

/** Show the figures of a pixel; correlations stay dimmed until those of this very pixel arrive. Pixels that follow one another
    swiftly are drawn.
    @type {(about: any, isPinned: boolean) => void} */
export function show(about, isPinned) {
  const now = performance.now(), before = latest?.about;
  const isMoving = !isPinned && now - shownAt < REST && (before?.row !== about.row || before?.col !== about.col);
  latest = { about, texts: textsOf(about, isPinned) };
  shownAt = now;
  if (!cells.correlation.classList.contains("stale")) cells.correlation.classList.add("stale");
  isRefused = isMoving && (isRefused || !isDrawn());
  if (isMoving && !isRefused) {
    clearTimeout(restTimer);
    restTimer = window.setTimeout(rest, REST);
  } else {
    rest();
    write(latest);
  }
}

/** Draw what is to be shown; false where it has to stand in the page.
    @type {() => boolean} */
function isDrawn() {
  const { about, texts } = /** @type {NonNullable<typeof latest>} */ (latest);
  if (about.share1 === null || !cells.note.hidden) return false; // what there is to say has no place there
  if (!drawable) follow();
  return drawable !== null && figuresCanvas.draw(drawable, texts, about.share1);
}

/** From now on figures are drawn, where that shows the same. */
function follow() {
  cells.canvas.hidden = false;
  drawable = figuresCanvas.measure(cells.canvas, Object.fromEntries(FIGURES.map((id) => [id, cells[id]])), cells.shares);
  if (drawable) mark(true);
}

/** Figures are drawn, or stand in the page.
    @type {(isMoving: boolean) => void} */
function mark(isMoving) {
  byId("readout").classList.toggle("moving", isMoving);
  byId("readout").setAttribute("aria-busy", String(isMoving));
}

/** Nothing moves, or the page has another size or other colours: the figures stand in the page. */
export function rest() {
  clearTimeout(restTimer);
  if (!cells.canvas || cells.canvas.hidden) return;
  cells.canvas.hidden = true;
  drawable = null;
  mark(false);
  if (latest) write(latest);
}

/** What is read of a pixel's figures.
    @type {(about: any, isPinned: boolean) => Record<string, string>} */
function textsOf(about, isPinned) {
  /** @type {(value: number | null, digits: number) => string} */
  const number = (value, digits) => (value === null ? "—" : value.toFixed(digits).replace("-", "−"));
  /** @type {(value: number | null) => string} */
  const percent = (value) => (value === null ? "—" : `${(100 * value).toFixed(1)} %`);
  /** @type {(value: number | null) => string} */
  const pixels = (value) => (value === null ? "—" : `${value.toFixed(1)} px`);
  /** @type {Record<string, string>} */
  const texts = { pixel: `row ${about.row}, column ${about.col}${isPinned ? " · pinned" : ""}`, y: number(about.y, 3) };
  for (const k of [1, 2]) {
    const slope = about[`d${k}`];
    texts[`x${k}`] = number(about[`x${k}`], 3);
    texts[`raw${k}`] = rawText(about[`raw${k}`], known[k - 1]?.unit);
    texts[`d${k}`] = slope === null ? "no slope" : number(slope, 4);
    texts[`total${k}`] = number(about[`total${k}`], 3);
    texts[`share${k}`] = percent(about[`share${k}`]);
    texts[`radius${k}`] = pixels(about[`radius${k}`]);
  }
  texts.time = `Jacobian in ${about.milliseconds.toFixed(1)} ms`;
  return texts;
}

/** The figures as text of the page.
    @type {(shown: { about: any, texts: Record<string, string> }) => void} */
function write({ about, texts }) {
  for (const id of FIGURES) retext(cells[id], texts[id]);
  for (const [place, id] of ["raw1", "raw2"].entries()) cells[id].title = rawTitle(known[place]?.unit);
  cells.shares.classList.toggle("empty", about.share1 === null);
  const isDefined = about.total1 !== null && about.total2 !== null;
  if (cells.note.hidden !== isDefined) cells.note.hidden = isDefined; // set again, it would be styled again
  cells.bar.style.width = `${100 * (about.share1 ?? 0)}%`;
  cells.pixel.title = texts.time;
}

/** The figures of another pixel are computed: those that stand here, greyed, are old. Null: they are not.
    @type {(pixel: Pixel | null) => void} */
export function awaited(pixel) {
  if (drawable && !pixel) return; // of one that moves
  if (pixel) rest();
  cells.pixel?.parentElement.setAttribute("aria-busy", String(Boolean(pixel)));
  if (pixel && cells.pixel) cells.pixel.textContent = `row ${pixel.row}, column ${pixel.col} · computing …`;
}

/** Show the scatterplot's correlations, or say why there are none yet.
    @type {(found: any) => void} */
export function correlate(found) {
  /** @type {(value: number | null) => string} */
  const number = (value) => (value === null ? "undefined" : value.toFixed(2).replace("-", "−"));
  /** @type {(name: string, values: any) => string} */
  const line = (name, values) => (values === null ? `${name} is being computed` : values.failure ? `${name}: ${values.failure}` : `${name} r ${number(values.pearson)}, ρ ${number(values.spearman)}`);
  cells.correlated.textContent = found
    ? `: ${line("all", found.all)}; ${line("window", found.window)}`
    : ": when guidance is exact";
  cells.correlation.title = "r: Pearson, ρ: Spearman, of the two guidance images";
  cells.correlation.classList.remove("stale");
}

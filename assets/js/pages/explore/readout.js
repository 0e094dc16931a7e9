/* The figures at the principal pixel, kept in a table that only this file writes. */
import { byId, retext, term } from "../../components/elements.js";
import { rawText, rawTitle } from "../../viewer/raw_values.js";

/** @type {Record<string, any>} */
const cells = {};
/** @type {(RawScale | null)[]} */
let known = []; // scales of the files

/** Build the empty table for a view's two modalities; `scales` are those of their files.
    @type {(names: string[], scales?: (RawScale | null)[]) => void} */
export function open(names, scales) {
  const [one, two] = names;
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
  byId("readout").replaceChildren(where, table, shares, note, scatter, time);
}

/** @type {(kind: string, text?: string) => any} */
function element(kind, text) {
  const made = document.createElement(kind);
  if (text) made.textContent = text;
  return made;
}

/** Show the figures of a pixel; correlations stay dimmed until those of this very pixel arrive.
    @type {(about: any, isPinned: boolean) => void} */
export function show(about, isPinned) {
  /** @type {(value: number | null, digits: number) => string} */
  const number = (value, digits) => (value === null ? "—" : value.toFixed(digits).replace("-", "−"));
  /** @type {(value: number | null) => string} */
  const percent = (value) => (value === null ? "—" : `${(100 * value).toFixed(1)} %`);
  /** @type {(value: number | null) => string} */
  const pixels = (value) => (value === null ? "—" : `${value.toFixed(1)} px`);
  /** @type {(id: string, text: string) => void} */
  const put = (id, text) => retext(cells[id], text);
  put("pixel", `row ${about.row}, column ${about.col}${isPinned ? " · pinned" : ""}`);
  for (const [place, id] of ["raw1", "raw2"].entries()) {
    put(id, rawText(about[id], known[place]?.unit));
    cells[id].title = rawTitle(known[place]?.unit);
  }
  for (const id of ["x1", "x2", "y"]) put(id, number(about[id], 3));
  for (const id of ["d1", "d2"]) put(id, about[id] === null ? "no slope" : number(about[id], 4));
  for (const id of ["total1", "total2"]) put(id, number(about[id], 3));
  for (const id of ["share1", "share2"]) put(id, percent(about[id]));
  for (const id of ["radius1", "radius2"]) put(id, pixels(about[id]));
  cells.shares.classList.toggle("empty", about.share1 === null);
  const isDefined = about.total1 !== null && about.total2 !== null;
  if (cells.note.hidden !== isDefined) cells.note.hidden = isDefined; // set again, it would be styled again
  cells.bar.style.width = `${100 * (about.share1 ?? 0)}%`;
  put("time", `Jacobian in ${about.milliseconds.toFixed(1)} ms`);
  cells.pixel.title = cells.time.textContent;
  cells.correlation.classList.add("stale");
}

/** The figures of another pixel are computed: those that stand here, greyed, are old. Null: they are not.
    @type {(pixel: Pixel | null) => void} */
export function awaited(pixel) {
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

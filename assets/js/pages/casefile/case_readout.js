/* The figures of the pixel in a case file: as computed, not as they are kept in a byte. */
import { make, retext } from "../../components/elements.js";
import { rawText } from "../../viewer/raw_values.js";

/** @typedef {{ cells: Record<string, HTMLElement>, bar: HTMLElement }} Table */
/** @type {WeakMap<HTMLElement, Table>} */
const tables = new WeakMap();

/** @type {(value: number | null, digits: number) => string} */
const number = (value, digits) => (value === null ? "—" : value.toFixed(digits).replace("-", "−"));
/** @type {(value: number | null) => string} */
const percent = (value) => (value === null ? "—" : `${(100 * value).toFixed(1)} %`);

/** Rows of a network's table: what each is called, and the cells of both inputs. */
const ROWS = [
  ["∂y/∂x", "d1", "d2"], ["Σ|∂y/∂x|", "total1", "total2"], ["share", "share1", "share2"], ["90 % in", "radius1", "radius2"],
];

/** A network's figures at the pixel of its answer.
    @type {(place: HTMLElement, found: any, network: any) => void} */
export function show(place, found, network) {
  const { cells, bar } = tables.get(place) ?? built(place, network);
  retext(cells.y, number(found.y, 4));
  for (const id of ["d1", "d2"]) retext(cells[id], found[id] === null ? "no slope" : number(found[id], 4));
  for (const id of ["total1", "total2"]) retext(cells[id], number(found[id], 3));
  for (const id of ["share1", "share2"]) retext(cells[id], percent(found[id]));
  for (const id of ["radius1", "radius2"]) retext(cells[id], found[id] === null ? "—" : `${found[id].toFixed(1)} px`);
  if (cells.outside) retext(cells.outside, percent(found.outside));
  bar.style.width = `${100 * (found.share1 ?? 0)}%`;
  bar.parentElement?.classList.toggle("empty", found.share1 === null);
}

/** @type {(place: HTMLElement, network: any) => Table} */
function built(place, network) {
  /** @type {Record<string, HTMLElement>} */
  const cells = {};
  /** @type {(id: string, attributes?: Record<string, unknown>) => HTMLElement} */
  const cell = (id, attributes = {}) => { cells[id] = make("td", { "data-figure": id, text: "—", ...attributes }); return cells[id]; };
  /** @type {(text: string) => HTMLElement} */
  const head = (text) => make("th", { scope: "row", text });
  const bar = make("span");
  const { names } = network;
  const table = make("table", {},
    make("tr", {}, make("td"), make("th", { scope: "col", class: "first", text: names[0] }), make("th", { scope: "col", class: "second", text: names[1] })),
    ...ROWS.map(([name, one, two]) => make("tr", {}, head(name), cell(one), cell(two))),
    make("tr", {}, head("fused"), cell("y", { colspan: 2 })),
    ...(network.is_cut ? [make("tr", {}, head("outside"), cell("outside", { colspan: 2, class: "warns" }))] : []));
  place.append(table, make("div", { class: "shares empty" }, bar));
  const made = { cells, bar };
  tables.set(place, made);
  return made;
}

/** Which pixel, and what both inputs hold there.
    @type {(corner: HTMLElement, found: any, about: any, isPinned: boolean) => void} */
export function locate(corner, found, about, isPinned) {
  if (!corner.children.length) corner.append(make("p", { class: "where" }), make("p"), make("p"));
  const [where, ...values] = [...corner.children];
  retext(where, `row ${found.row}, column ${found.col}${isPinned ? " · pinned" : ""}`);
  values.forEach((line, k) => {
    const raw = found[`raw${k + 1}`];
    retext(line, `${about.names[k]} ${number(found[`x${k + 1}`], 3)}${raw === null ? "" : ` (${rawText(raw, about.raw[k]?.unit)} in the file)`}`);
  });
}

/* Tables that their reader sorts: by a click on a head, or by its key. */
import { make } from "./elements.js";

/** @typedef {{ column: number, isUp: boolean }} Order */
/** @typedef {{ text: string, title?: string, isBestFirst?: string }} Head */
/** @typedef {{ element: Element, values: any[] }} Row */

/** @type {WeakMap<Element, Order>} */
const chosen = new WeakMap(); // by place: {column, isUp}, kept while the table is made anew

/** A table of `rows` ({element, values}) under `heads` ({text, title, isBestFirst}); what the reader has chosen for
    `place` goes on. The first click on a head puts the best first, the next one turns the order, the third gives
    the rows as they came.
    @type {(heads: Head[], rows: Row[], place: Element) => HTMLTableElement} */
export function table(heads, rows, place) {
  const body = make("tbody");
  const cells = heads.map((head, column) => make("th", { scope: "col", title: head.title },
    make("button", { type: "button", text: head.text, onclick: () => { choose(place, column, startsUp(head)); show(); } })));
  show();
  return make("table", {}, make("thead", {}, make("tr", {}, ...cells)), body);

  function show() {
    const order = chosen.get(place);
    cells.forEach((cell, column) => cell.setAttribute("aria-sort", ariaOf(order, column)));
    body.replaceChildren(...ordered(rows, order).map(({ element }) => element));
  }
}

/** @type {(head: Head) => boolean} */
const startsUp = ({ isBestFirst }) => isBestFirst !== "higher";

/** @type {(order: Order | undefined, column: number) => string} */
const ariaOf = (order, column) => (order?.column === column ? (order.isUp ? "ascending" : "descending") : "none");

/** @type {(place: Element, column: number, isUpFirst: boolean) => void} */
function choose(place, column, isUpFirst) {
  const now = chosen.get(place);
  if (now?.column !== column) chosen.set(place, { column, isUp: isUpFirst });
  else if (now.isUp === isUpFirst) chosen.set(place, { column, isUp: !isUpFirst });
  else chosen.delete(place);
}

/** What has no value stands last in either order.
    @type {(rows: Row[], order: Order | undefined) => Row[]} */
function ordered(rows, order) {
  if (!order) return rows;
  /** @type {(row: Row) => any} */
  const valueOf = ({ values }) => values[order.column];
  /** @type {(row: Row) => boolean} */
  const isKnown = (row) => valueOf(row) !== null;
  const known = rows.filter(isKnown).sort((one, other) => compared(valueOf(one), valueOf(other)) * (order.isUp ? 1 : -1));
  return [...known, ...rows.filter((row) => !isKnown(row))];
}

/** @type {(one: any, other: any) => number} */
const compared = (one, other) => (typeof one === "string" ? one.localeCompare(other, "en") : one - other);

/* Keys and the wheel that move through the cases, on every page. */

/** Where these keys belong to what has the focus. */
const OTHERS = "input, textarea, select, [role=slider], [role=listbox], [role=combobox], [role=radiogroup], [role=tablist],"
  + " [role=grid], [role=menu], .ag-root, .net-sheet, [role=dialog]";
/** Over which the wheel with Alt moves through slices. */
const PICTURES = ".panel, .regions-surface, .regions-cell, .ask-surface, .ask-map, .net-pair, .strip";
const NOTCH = 40; // pixels of a wheel's way that count as one step

/** What a key does: how it moves, and how far.
    @type {Record<string, ["slice" | "case" | "end", number]>} */
export const KEYS = {
  PageUp: ["slice", -1], PageDown: ["slice", 1], Home: ["end", -1], End: ["end", 1], p: ["case", -1], n: ["case", 1],
};

/** Call `move` for every such key, and for every notch of the wheel with Alt over a picture.
    @type {(move: (way: "slice" | "case" | "end", by: number) => void) => void} */
export function attach(move) {
  document.addEventListener("keydown", (event) => pressed(event, move));
  document.addEventListener("wheel", (event) => turned(event, move), { passive: false, capture: true });
}

/** @type {(event: KeyboardEvent, move: (way: "slice" | "case" | "end", by: number) => void) => void} */
function pressed(event, move) {
  const { target, key, ctrlKey, metaKey, altKey, defaultPrevented } = event;
  const found = KEYS[key.length === 1 ? key.toLowerCase() : key];
  if (!found || ctrlKey || metaKey || altKey || defaultPrevented) return;
  if (target instanceof Element && target.closest(OTHERS)) return;
  event.preventDefault();
  move(...found);
}

let way = 0; // that the wheel has gone since the last step

/** A wheel with Alt belongs to the cases alone: nothing zooms or scrolls by it.
    @type {(event: WheelEvent, move: (way: "slice" | "case" | "end", by: number) => void) => void} */
function turned(event, move) {
  if (!event.altKey || !(event.target instanceof Element) || !event.target.closest(PICTURES)) return;
  event.preventDefault();
  event.stopPropagation();
  const delta = (event.deltaY || event.deltaX) * (event.deltaMode ? NOTCH : 1);
  way = Math.sign(way) === Math.sign(delta) ? way + delta : delta;
  if (Math.abs(way) < NOTCH) return;
  move("slice", Math.sign(way));
  way = 0;
}

/* Keys of the viewer: what each does, which of them move a pixel, and which belong to somebody else. */

/** What hands and keys do to pictures, as the help lists it: one list for all pages with panels.
    @type {readonly { keys: string, does: string }[]} */
export const KEYS = Object.freeze([
  { keys: "Double click, F", does: "Enlarge the panel; the same again: back" },
  { keys: "Click", does: "Pin the pixel; on the pinned pixel: release it" },
  { keys: "Arrow keys", does: "Move the pixel by one, with Shift by ten" },
  { keys: "Escape", does: "Leave the enlarged panel, else release the pixel" },
]);

/** Where keys belong to what has the focus. */
const TYPING = "input, textarea, [role=slider], [role=listbox], [role=combobox], [role=radiogroup]";
/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const FAST = 10; // pixels with Shift

/** Whether a key is meant for a field that has the focus, or for the browser.
    @type {(event: KeyboardEvent) => boolean} */
export const isForOthers = ({ target, ctrlKey, metaKey, altKey }) =>
  Boolean(ctrlKey || metaKey || altKey || /** @type {Element} */ (target).closest(TYPING));

/** How far an arrow key moves: [down, right] in pixels; null for any other key.
    @type {(event: { key: string, shiftKey: boolean }) => [number, number] | null} */
export function stepOf({ key, shiftKey }) {
  if (!STEPS[key]) return null;
  const [down, right] = STEPS[key], by = shiftKey ? FAST : 1;
  return [down * by, right * by];
}

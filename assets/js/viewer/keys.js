/* Keys of the viewer: which of them move a pixel, and which belong to somebody else. */

/** Where keys belong to what has the focus. */
const TYPING = "input, textarea, [role=slider], [role=listbox], [role=combobox], [role=radiogroup]";
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const FAST = 10; // pixels with Shift

/** Whether a key is meant for a field that has the focus, or for the browser. */
export const isForOthers = ({ target, ctrlKey, metaKey, altKey }) =>
  Boolean(ctrlKey || metaKey || altKey || target.closest(TYPING));

/** How far an arrow key moves: [down, right] in pixels; null for any other key. */
export function stepOf({ key, shiftKey }) {
  const by = shiftKey ? FAST : 1;
  return STEPS[key] ? STEPS[key].map((one) => one * by) : null;
}

/* Keys of the viewer: what each does, which of them move a pixel, and which belong to somebody else. */

/** What hands and keys do to pictures, as the help lists it: one list for all pages with panels.
    @type {readonly { keys: string, does: string }[]} */
export const KEYS = Object.freeze([
  { keys: "Wheel, + and −", does: "Zoom all whole pictures about the pointer, by keys about the pixel; over a zoom the wheel takes the next zoom size" },
  { keys: "Drag with the middle button, or with Space", does: "Move the pictures that are zoomed" },
  { keys: "Alt + wheel", does: "Next or previous slice; where slices follow one another also without Alt, and Ctrl + wheel zooms" },
  { keys: "PageUp, PageDown", does: "Previous or next slice of the case; of single pictures the previous or next one" },
  { keys: "Home, End", does: "First or last slice of the case" },
  { keys: "P, N", does: "Previous or next case" },
  { keys: "Drag with the right button", does: "On anatomy and fused images: window (across) and level (down); on derivatives: γ. What a network is given stays the same" },
  { keys: "Right click, W", does: "Presets: windows of grey levels and palettes of the picture under the pointer" },
  { keys: "Shift + click on a case, Shift + Enter", does: "That slice beside the one that is shown" },
  { keys: "X, held", does: "Flicker: each input in place of the other; on Compare also each network and the reference" },
  { keys: "M", does: "On Explore: move the second input. A drag on a picture moves it, with Shift turns it; M again: back to pointing" },
  { keys: "0", does: "Reset what the hands have changed" },
  { keys: "Double click, F", does: "Enlarge the picture under the pointer; the same again: back" },
  { keys: "Click", does: "Pin the pixel; on the pinned pixel: release it" },
  { keys: "Arrow keys", does: "Move the pixel by one, with Shift by ten" },
  { keys: "Escape", does: "Leave the enlarged panel, else release the pixel" },
]);

/** Where keys belong to what has the focus. */
const TYPING = "input, textarea, [role=slider], [role=listbox], [role=combobox], [role=radiogroup], [role=menu]";
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

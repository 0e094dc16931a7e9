/* The menu of windows and palettes of one picture: a right click on it, or the key W. */
import { make } from "../components/elements.js";
import { FULL, PRESETS, isSame, windowOf } from "../imaging/levels.js";

const EDGE = 8; // CSS pixels that stay free at the border of the screen
/** @type {HTMLElement | null} */
let shown = null;

/** Take the menu away; the focus goes back to the picture.
    @type {(plot?: HTMLElement) => void} */
function close(plot) {
  shown?.remove();
  shown = null;
  plot?.focus({ preventScroll: true });
}

/** Offer the presets for a picture at a point of the screen; `choose` is told which is taken.
    @type {(panel: Panel, name: string, now: Levels | undefined, raw: RawScale | null | undefined, x: number, y: number, choose: (levels: Levels) => void) => void} */
export function open({ plot, root }, name, now, raw, x, y, choose) {
  close();
  const items = PRESETS.map((preset) => {
    const levels = windowOf(preset, raw), isChosen = isSame(levels, now ?? FULL);
    const unit = raw && preset.units?.[raw.unit] ? raw.unit : "";
    const text = [preset.name, unit].filter(Boolean).join(" · ");
    return make("button", { type: "button", role: "menuitemradio", "aria-checked": String(isChosen), tabindex: -1, text, onclick: () => { choose(levels); close(plot); } });
  });
  const note = make("p", { text: "Drag with the right button: across for the window's width, up and down for its level. "
    + "Only what is shown changes; the network is given the same picture. Bone and brain are of the scaled range where the file has no unit." });
  const menu = make("div", { role: "menu", "aria-label": `Window of ${name}`, class: "preset-menu" }, ...items, note);
  (root.closest(".page") ?? document.body).append(menu);
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(Math.min(x, innerWidth - width - EDGE), EDGE)}px`;
  menu.style.top = `${Math.max(Math.min(y, innerHeight - height - EDGE), EDGE)}px`;
  menu.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => typed(event, items, plot));
  menu.addEventListener("focusout", (/** @type {FocusEvent} */ { relatedTarget }) => { if (shown === menu && !menu.contains(relatedTarget)) close(); });
  shown = menu;
  (items.find((item) => item.getAttribute("aria-checked") === "true") ?? items[0]).focus();
}

/** Arrows move, Escape leaves.
    @type {(event: KeyboardEvent, items: HTMLElement[], plot: HTMLElement) => void} */
function typed(event, items, plot) {
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  /** @type {Record<string, () => void>} */
  const acts = {
    ArrowDown: () => items[(at + 1) % items.length].focus(),
    ArrowUp: () => items[(at + items.length - 1) % items.length].focus(),
    Home: () => items[0].focus(),
    End: () => items[items.length - 1].focus(),
    Escape: () => close(plot),
    Tab: () => close(plot),
  };
  if (!acts[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  acts[event.key]();
}

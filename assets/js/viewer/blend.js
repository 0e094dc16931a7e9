/* Two pictures in one place: blended by a slider, or one for the other while a key is held. */
import { isForOthers } from "./keys.js";
import { make, put } from "../components/elements.js";

/** Held, it shows the other picture. */
export const KEY = "x";
const CHOICES = "input[type=checkbox], input[type=radio], input[type=range]"; // they have no use for letters

let chosen = 0; // by the slider: 0 the own picture, 1 the other
let held = false;
/** @type {() => void} */
let changed = () => {};

export const isHeld = () => held;

/** How much of the other picture is seen, from 0 to 1. */
export const part = () => (held ? Number(chosen <= 0.5) : chosen);

/** Have `other` seen over a picture as far as it is asked for; nothing where there is none.
    @type {(picture: Picture | null | undefined, other: Picture | null | undefined) => void} */
export function over(picture, other) {
  if (picture) picture.over = other && other !== picture && part() > 0 ? { picture: other, part: part() } : undefined;
}

/** The slider and a button to hold, inside `place`; `act` draws. `what` says what is blended with what.
    @type {(place: Element, what: string, act: () => void) => void} */
export function attach(place, what, act) {
  changed = act;
  const shown = make("output", { text: "0 %" });
  const slider = make("input", {
    type: "range", min: 0, max: 100, value: 0, "aria-label": what, title: what,
    oninput() { chosen = Number(slider.value) / 100; put(shown, `${slider.value} %`); changed(); },
  });
  const button = make("button", { type: "button", text: "Flicker", title: `Hold this button or the key X: ${what}` });
  button.addEventListener("pointerdown", () => hold(true));
  for (const name of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(name, () => hold(false));
  place.replaceChildren(make("span", { text: "Blend" }), slider, shown, button);
  document.addEventListener("keydown", (event) => { if (isMeant(event)) hold(true); });
  document.addEventListener("keyup", ({ key }) => { if (key.toLowerCase() === KEY) hold(false); });
  window.addEventListener("blur", () => hold(false));
}

/** @type {(event: KeyboardEvent) => boolean} */
const isMeant = (event) => event.key.toLowerCase() === KEY
  && (!isForOthers(event) || (!event.ctrlKey && !event.metaKey && !event.altKey && /** @type {Element} */ (event.target).matches(CHOICES)));

/** @type {(isNow: boolean) => void} */
function hold(isNow) {
  if (held === isNow) return;
  held = isNow;
  changed();
}

/* Guidance that is estimated, as exact guidance takes a pass for each pixel: how far off it is, and how far it may be. */
import * as guidanceRequests from "../data/guidance_requests.js";
import { make } from "../components/elements.js";

const CHOICES = [[10, "± 10 %"], [3, "± 3 %"], [1, "± 1 %"], [0, "exact"]]; // per cent of the largest value
/** @type {HTMLSelectElement | null} */
let select = null;
/** @type {(() => void) | null} */
let changed = null;

/** Call `act` when the reader allows another error.
    @type {(act: () => void) => void} */
export function attach(act) {
  changed = act;
}

/** Mark a page or a column whose guidance is estimated; the sentence that says how far off it is, if it is.
    @type {(root: HTMLElement, about?: any) => string} */
export function tell(root, about) {
  const error = about?.error || null;
  root.classList.toggle("estimated", Boolean(error));
  offer(root, Boolean(about?.is_whole));
  if (!error) return "";
  root.style.setProperty("--error", `"± ${short(error.largest)} · "`);
  const part = about.largest > 0 ? ` (${(100 * error.largest / about.largest).toPrecision(2)} % of its largest value)` : "";
  return `Guidance ± ${short(error.largest)}${part}, estimated: the largest error at ${error.pixels} pixels.`;
}

/** @type {(value: number) => string} */
const short = (value) => (value === 0 ? "0" : value >= 0.001 ? value.toPrecision(2) : value.toExponential(0));

/** The choice stands beside the head of guidance, where there is one, for networks that need it.
    @type {(root: HTMLElement, isNeeded: boolean) => void} */
function offer(root, isNeeded) {
  const bar = root.querySelector("#guidance-bar");
  if (!bar || !changed) return;
  if (!select) select = built();
  if (!select.isConnected) bar.before(select);
  select.hidden = !isNeeded;
}

/** @type {() => HTMLSelectElement} */
function built() {
  const options = CHOICES.map(([percent, text]) => make("option", { value: percent, text }));
  const title = "This network sees the whole image: exact guidance takes a pass for each pixel. How far may it be off?";
  const made = make("select", { class: "allowed-error", "aria-label": "Error of guidance", title }, ...options);
  made.addEventListener("change", () => {
    guidanceRequests.allowed.percent = Number(made.value);
    changed?.();
  });
  return made;
}

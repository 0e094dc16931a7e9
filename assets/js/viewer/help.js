/* Help: the dialog with keys and glossary, which "?" and every linked term open, and the hint of the first visit. */
import { around, byId, make } from "../components/elements.js";
import { KEYS } from "./keys.js";

const CLOSED = "fusevis-hint-closed"; // in the browser's own storage: that the hint was closed
const TYPING = "input:not([type=radio], [type=checkbox], [readonly]), textarea, [contenteditable=true]";
const OWN = { keys: "?", does: "Open this help; Escape closes it" };
/** What the mark "here" lies on. */
const HERE = "#help dt.here";

/** Listen for as long as the page is there. */
export function attach() {
  document.addEventListener("click", clicked);
  addEventListener("keydown", typed, true); // before anything on the page takes a key while the dialog is open
  if (!isClosed()) document.documentElement.dataset.hint = "open";
}

/** @type {(event: Event) => void} */
function clicked(event) {
  const word = around(event, "[data-term]");
  if (word) open(word.dataset.term);
  else if (around(event, "#help-open")) open();
  else if (around(event, "#help-close") || event.target === byId("help")) byId("help").close(); // itself: beside its box
  else if (around(event, "#help-hint-close")) closeHint();
}

/** @type {(event: KeyboardEvent) => void} */
function typed(event) {
  if (byId("help")?.open) {
    event.stopImmediatePropagation(); // the page below does not hear; the browser itself closes at Escape
    return;
  }
  const isPlain = !(event.ctrlKey || event.metaKey || event.altKey);
  if (event.key === "?" && isPlain && !around(event, TYPING)) open();
  else if ((event.key === "Enter" || event.key === " ") && around(event, "span[data-term]")) open(around(event, "span[data-term]").dataset.term);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** Show the dialog, at a term of the glossary where one is named.
    @type {(term?: string) => void} */
function open(term) {
  const dialog = byId("help");
  if (!dialog || dialog.open) return;
  byId("help-keys").replaceChildren(make("tbody", {}, ...[...KEYS, OWN].map(row)));
  document.querySelector(HERE)?.classList.remove("here");
  dialog.showModal();
  const entry = [...dialog.querySelectorAll("dt")].find((each) => each.textContent === term);
  if (!entry) return;
  entry.classList.add("here");
  entry.focus({ preventScroll: true });
  entry.scrollIntoView({ block: "start" });
}

/** @type {(key: { keys: string, does: string }) => HTMLElement} */
const row = ({ keys, does }) => make("tr", {}, make("th", { scope: "row", text: keys }), make("td", { text: does }));

// ---- the hint

function closeHint() {
  delete document.documentElement.dataset.hint;
  try {
    localStorage.setItem(CLOSED, "1");
  } catch {
    // a browser that keeps nothing shows it again the next time
  }
}

/** Whether the hint was closed before; a browser that keeps nothing is taken to have seen it.
    @type {() => boolean} */
function isClosed() {
  try {
    return localStorage.getItem(CLOSED) !== null;
  } catch {
    return true;
  }
}

/* Pictures dropped on the page, or opened by a button: sent to the server, shown how far, listed and opened. */
import { make, put } from "../components/elements.js";
import { refusal as refusalOf, unlessMay } from "../components/refusals.js";
import { read, Refused, remove, send } from "./drop_upload.js";
import { chosenFiles, droppedFiles, refusal, told } from "./dropped_paths.js";
import * as ownDrops from "./own_drops.js";

/** @typedef {import("./dropped_paths.js").DroppedFile} DroppedFile */
/** @typedef {import("./dropped_paths.js").DropLimits} DropLimits */

const WHO = "This browser lists them, nobody else; who has the link of one of them can open it.";
const OVER = "dropping"; // class of the page while files are held over it
const NEEDS = "analyst"; // the role of who may bring pictures

/** @type {{ limits: DropLimits, opened: (drop: string) => Promise<void>, parts: Record<string, any>, ending: AbortController | null } | null} */
let state = null;

/** What stands in the strip for it, and the page's answer to a drop; nothing where the server takes no files.
    @type {(strip: HTMLElement, opened: (drop: string) => Promise<void>) => HTMLElement | ""} */
export function attach(strip, opened) {
  const { files, size, lasts } = strip.dataset;
  if (!files) return "";
  const limits = { files: Number(files), size: Number(size), lasts: Number(lasts) };
  const parts = status();
  state = { limits, opened, parts, ending: null };
  strip.append(parts.status, overlay(limits));
  listen();
  const why = refusalOf(NEEDS);
  const how = why ? make("p", { class: "drop-told", text: why })
    : make("details", { class: "drop-told" }, make("summary", { text: `Or drop: ${told(limits)}` }), make("p", { text: explained(limits) }));
  return make("div", { class: "strip-drop" }, chooser("Open files…", {}), chooser("Open folder…", { webkitdirectory: "" }), how);
}

/** @type {(limits: DropLimits) => string} */
const explained = ({ lasts }) => "Two pictures, two volumes (DICOM series, NIfTI, stacks) or a folder of pairs, as --pairs takes them. They are kept in a private "
  + `temporary folder of this server until you remove them, ${Math.round(lasts / 3600)} hours after the last look, or until the server ends. ${WHO}`;

/** A button that lets a person choose files; the field behind it has no looks of its own.
    @type {(text: string, kind: Record<string, string>) => HTMLElement} */
function chooser(text, kind) {
  const field = make("input", { type: "file", multiple: "", hidden: "", tabindex: -1, "aria-hidden": "true", ...kind });
  field.addEventListener("change", () => { const files = chosenFiles(field.files); field.value = ""; take(files); });
  return make("span", {}, unlessMay(NEEDS, make("button", { type: "button", text, onclick: () => field.click() })), field);
}

/** Where the page says how far it is, over every page.
    @type {() => Record<string, any>} */
function status() {
  const words = make("p", { role: "status" }), bar = make("progress", { max: 1, "aria-label": "Part that is sent" });
  const same = make("button", { type: "button", text: "They are registered: open", onclick: declare });
  const close = make("button", { type: "button", text: "Close", onclick: dismiss });
  return { words, bar, same, close, status: make("section", { class: "drop-status", "aria-label": "Dropped files", hidden: "" }, words, bar, same, close) };
}

/** @type {(limits: DropLimits) => HTMLElement} */
const overlay = (limits) => make("div", { class: "drop-overlay", "aria-hidden": "true" },
  refusalOf(NEEDS) ? make("p", { text: refusalOf(NEEDS) })
    : make("p", {}, make("b", { text: "Drop two pictures, two volumes or a folder of pairs" }), make("br"), `At a time ${told(limits)}. ${WHO}`));

// ---- what the browser tells

function listen() {
  let depth = 0; // of elements that the pointer has entered with files
  const isOver = (/** @type {boolean} */ isNow) => { document.documentElement.classList.toggle(OVER, isNow); };
  const ours = (/** @type {DragEvent} */ event) => Boolean(event.dataTransfer?.types.includes("Files"));
  addEventListener("dragenter", (event) => { if (ours(event)) { depth += 1; isOver(true); } });
  addEventListener("dragleave", (event) => { if (ours(event)) { depth = Math.max(depth - 1, 0); isOver(depth > 0); } });
  addEventListener("dragover", (event) => { if (ours(event)) event.preventDefault(); });
  addEventListener("drop", async (event) => {
    if (!ours(event) || !state) return;
    event.preventDefault();
    depth = 0;
    isOver(false);
    take(await droppedFiles(/** @type {DataTransfer} */ (event.dataTransfer), state.limits.files));
  });
}

// ---- sending

/** @type {(files: DroppedFile[]) => Promise<void>} */
async function take(files) {
  if (refusalOf(NEEDS)) { say(refusalOf(NEEDS)); return; }
  if (!state || state.ending) { say("Other files are being sent; wait until they are, or cancel them.", "keep"); return; }
  const problem = refusal(files, state.limits);
  if (problem) { say(problem); return; }
  const ending = new AbortController(), number = ownDrops.nextNumber();
  state.ending = ending;
  try {
    const { drop, remarks } = await send(files, number, progress(files.length), ending.signal);
    await finished(drop, number, remarks);
  } catch (error) {
    if (ending.signal.aborted) say("Cancelled; nothing of these files is kept.");
    else refused(error, number);
  } finally {
    state.ending = null;
  }
}

/** @type {(count: number) => (sent: number, of: number) => void} */
const progress = (count) => (sent, of) => {
  const part = of ? sent / of : 1, files = count === 1 ? "1 file" : `${count.toLocaleString("en")} files`;
  say(part < 1 ? `Sending ${files}: ${Math.floor(100 * part)} % of ${(of / 2 ** 20).toFixed(1)} MB` : `Reading ${files}…`, "sending");
  /** @type {any} */ (state).parts.bar.value = part;
};

/** @type {(drop: string, number: number, remarks: string[]) => Promise<void>} */
async function finished(drop, number, remarks) {
  ownDrops.add(drop, number);
  say(remarks.join(" "));
  await /** @type {any} */ (state).opened(drop);
}

/** @type {(error: unknown, number: number) => void} */
function refused(error, number) {
  if (!(error instanceof Refused)) throw error;
  say(error.message, error.undeclared ? "undeclared" : "");
  Object.assign(/** @type {any} */ (state).parts.same.dataset, { drop: error.undeclared, number });
}

/** The user says that the volumes belong together.
    @type {() => Promise<void>} */
async function declare() {
  const { drop, number } = /** @type {any} */ (state).parts.same.dataset;
  say("Reading…");
  try {
    const { remarks } = await read(drop, true, null);
    await finished(drop, Number(number), remarks);
  } catch (error) {
    refused(error, Number(number));
  }
}

/** Cancel what is being sent, or take the sentence away, and what waits for the user's word.
    @type {() => void} */
function dismiss() {
  if (!state) return;
  if (state.ending) { state.ending.abort(); return; }
  if (!state.parts.same.hidden) remove(state.parts.same.dataset.drop);
  say("");
}

/** @type {(words: string, kind?: string) => void} */
function say(words, kind = "") {
  if (!state) return;
  const { words: place, bar, same, close, status: section } = state.parts;
  put(place, words);
  if (kind === "keep") return;
  section.hidden = !words;
  bar.hidden = kind !== "sending";
  same.hidden = kind !== "undeclared";
  put(close, kind === "sending" ? "Cancel" : "Close");
}

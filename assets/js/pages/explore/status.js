/* The words on the page: what each panel shows, how far guidance is, and what went wrong. */
import * as blocks from "../../imaging/blocks.js";
import { announce, byId } from "../../components/elements.js";
import * as estimated from "../../viewer/estimated.js";
import { jobControls, sentence } from "../../viewer/job_controls.js";
import { grainWords } from "../../viewer/pixel_size.js";
import * as waitingNote from "../../viewer/waiting_note.js";

/** @type {Record<string, (view: any) => string>} */
const NAMES = {
  first: (view) => view.names[0],
  second: (view) => view.names[1],
  fused: (view) => `Fused, ${view.network}`,
  guidance1: (view) => `Guidance ${view.names[0]}`,
  guidance2: (view) => `Guidance ${view.names[1]}`,
  rgb: (view) => `RGB: R ${view.names[0]} · G ${view.names[1]} · B fused`,
  jacobian1: (view) => `Jacobian ${view.names[0]}`,
  jacobian2: (view) => `Jacobian ${view.names[1]}`,
  scatter: () => "Scatterplot",
};
/** The images that are pictures, one canvas each. */
export const PICTURES = Object.keys(NAMES).filter((name) => name !== "scatter");

let trouble = ""; // why guidance does not come
/** @type {HTMLButtonElement | null} */
let offer = null; // the button that goes with it
/** @type {import("../../viewer/job_controls.js").JobControls | null} */
let controls = null;

const page = () => /** @type {HTMLElement} */ (document.querySelector(".explore"));
/** @type {(text: string) => void} */
const say = (text) => { if (byId("status").textContent !== text) byId("status").textContent = text; };

/** Name every panel after the view's modalities and network; who does not see it is told what is laid over it.
    @type {(panels: Panel[], view: any, side: number, step: number, overlaid: (image: string) => string) => void} */
export function label(panels, view, side, step, overlaid) {
  for (const panel of panels) {
    const name = NAMES[panel.image](view), said = overlaid(panel.image) || name;
    const id = panel.isZoom ? `${panel.image}-zoom` : panel.image;
    const scale = step > 1 && panel.image !== "scatter" ? ` · 1:${step}` : "";
    const caption = byId(`${id}-name`);
    caption.textContent = panel.isZoom ? `zoom ${side} × ${side}` : `${name}${scale}`;
    caption.title = panel.isZoom ? caption.textContent : [caption.textContent, blocks.note(step)].filter(Boolean).join(" · ");
    announce(panel, panel.isZoom ? `${said}, zoom` : said);
  }
}

/** What the pictures are, whether their network had to be computed on full images, else whether crops were checked;
    what of its examination the network did not pass, and how the files were read.
    @type {(view: any, step: number) => void} */
export function describe({ title, width, height, spacing, row_spacing, reason, examined, remarks, standing, warning, isChecked }, step) {
  const grain = spacing ? ` · ${grainWords({ spacing, row_spacing })}` : "";
  const note = byId("pair-note");
  const told = [blocks.note(step), reason || (isChecked ? "checked on this pair" : "not yet checked"), examined, remarks].filter(Boolean).map((each) => ` · ${each}`).join("");
  note.textContent = `${title} · ${warning || standing} · ${height} × ${width}${grain}${told}`;
  note.classList.toggle("warns", Boolean(warning || reason || examined || remarks));
  note.title = note.textContent;
}

/** The buttons that hold guidance stand beside the sentence that says how far it is.
    @type {(act: (how: import("../../viewer/job_controls.js").How) => Promise<void>) => void} */
export function attach(act) {
  controls = jobControls("guidance", act);
  byId("status").after(controls.root);
}

/** How far guidance is.
    @type {(done: number, total: number, about?: any) => void} */
export function progress(done, total, about) {
  const isComplete = total > 0 && done === total;
  trouble = "";
  page().classList.toggle("sharpening", !isComplete);
  page().style.setProperty("--unfinished", `"${about?.hold ?? "sharpening"} · "`);
  const note = estimated.tell(page(), about);
  if (isComplete) trouble = note;
  if (isComplete || !about) controls?.hide();
  else controls?.show(about);
  say(isComplete ? note : sentence(about || { part: 0, left: null, hold: null }));
}

/** What stands on the screen is not what was asked for.
    @type {(error: Error) => void} */
export function problem(error) {
  say(error.message);
  page().classList.add("failed");
}

/** An answer came after all: what stands on the screen is true again. */
export function recovered() {
  if (!page().classList.contains("failed")) return;
  page().classList.remove("failed");
  say(trouble);
  if (offer) byId("status").append(offer);
}

/** Guidance does not come; Jacobians go on, so nothing but the status line says so.
    @type {(why: string) => void} */
export function stuck(why) {
  trouble = why;
  say(why);
}

/** Guidance has failed; returns when the reader has chosen the way out that is offered.
    @type {(why: string, words: string) => Promise<void>} */
export function offered(why, words) {
  stuck(`${why} `);
  controls?.hide();
  offer = Object.assign(document.createElement("button"), { type: "button", textContent: words });
  byId("status").append(offer);
  return new Promise((/** @type {(value?: any) => void} */ resolve) => {
    offer?.addEventListener("click", () => { offer = null; resolve(); });
  });
}

/** What was offered is taken. */
export function begin() {
  trouble = "";
  say("");
}

/** A new view: nothing has gone wrong with it yet. */
export function clear() {
  trouble = "";
  offer = null;
  say("");
  controls?.hide();
  waitingNote.clear();
  page().classList.remove("failed");
}

/* The words on the page: what each panel shows, how far guidance is, and what went wrong. */
window.FuseVis = window.FuseVis || {};

FuseVis.status = (() => {
  "use strict";

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
  const PICTURES = Object.keys(NAMES).filter((name) => name !== "scatter");

  let trouble = ""; // why guidance does not come
  let offer = null; // the button that goes with it
  let pace = null; // how many passes were made when the page began to look, and when that was

  const page = () => document.querySelector(".explore");
  const say = (sentence) => { document.getElementById("status").textContent = sentence; };

  /** Name every panel after the view's modalities and network. */
  function label(panels, view, side, step) {
    for (const panel of panels) {
      const name = NAMES[panel.image](view);
      const id = panel.isZoom ? `${panel.image}-zoom` : panel.image;
      const scale = step > 1 && panel.image !== "scatter" ? ` · 1:${step}` : "";
      const caption = document.getElementById(`${id}-name`);
      caption.textContent = panel.isZoom ? `zoom ${side} × ${side}` : `${name}${scale}`;
      caption.title = panel.isZoom ? "" : FuseVis.detail.note(step);
      FuseVis.build.name(panel, panel.isZoom ? `${name}, zoom` : name);
    }
  }

  /** What the pictures are, whether their network had to be computed on full images, else whether crops were checked;
      and what of its examination the network did not pass. */
  function describe({ title, width, height, spacing, reason, examined, isChecked }, step) {
    const grain = spacing ? ` · ${spacing} mm a pixel` : "";
    const note = document.getElementById("pair-note");
    const told = [FuseVis.detail.note(step), reason || (isChecked ? "checked on this pair" : "not yet checked"), examined].filter(Boolean).map((each) => ` · ${each}`).join("");
    note.textContent = `${title} · ${height} × ${width}${grain}${told}`;
    note.classList.toggle("warns", Boolean(reason || examined));
    note.title = note.textContent;
  }

  /** How long the passes to come will take, by those seen so far; empty where that is soon or not known yet. */
  function wait(done, total) {
    const now = performance.now();
    if (!pace || pace.total !== total || done < pace.done) pace = { total, done, now };
    if (done === pace.done) return "";
    const minutes = ((total - done) * (now - pace.now)) / (done - pace.done) / 60000;
    if (minutes < 2) return "";
    return minutes < 120 ? `, about ${Math.round(minutes)} min to go` : `, about ${Math.round(minutes / 60)} h to go`;
  }

  /** Passes of guidance made and needed. */
  function progress(done, total, about) {
    const isComplete = total > 0 && done === total;
    trouble = "";
    page().classList.toggle("sharpening", !isComplete);
    const note = FuseVis.estimated.tell(page(), about);
    if (isComplete) trouble = note;
    const left = wait(done, total); // also where it is complete: the next view starts anew
    say(isComplete ? note : `Guidance is sharpening: ${total ? Math.floor((100 * done) / total) : 0} %${left}`);
  }

  /** What stands on the screen is not what was asked for. */
  function problem(error) {
    say(error.message);
    page().classList.add("failed");
  }

  /** An answer came after all: what stands on the screen is true again. */
  function recovered() {
    if (!page().classList.contains("failed")) return;
    page().classList.remove("failed");
    say(trouble);
    if (offer) document.getElementById("status").append(offer);
  }

  /** Guidance does not come; Jacobians go on, so nothing but the status line says so. */
  function stuck(sentence) {
    trouble = sentence;
    say(sentence);
  }

  /** Guidance has failed; returns when the reader has chosen the way out that is offered. */
  function offered(sentence, words) {
    stuck(`${sentence} `);
    offer = Object.assign(document.createElement("button"), { type: "button", textContent: words });
    document.getElementById("status").append(offer);
    return new Promise((resolve) => {
      offer.addEventListener("click", () => { offer = null; resolve(); });
    });
  }

  /** A new view: nothing has gone wrong with it yet. */
  function clear() {
    trouble = "";
    offer = null;
    say("");
    FuseVis.awaiting.clear();
    page().classList.remove("failed");
  }

  return { PICTURES, label, describe, progress, problem, recovered, stuck, offered, clear };
})();

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

  const page = () => document.querySelector(".explore");
  const say = (sentence) => { document.getElementById("status").textContent = sentence; };

  /** Name every panel after the view's modalities and network. */
  function label(panels, view, side) {
    for (const panel of panels) {
      const name = NAMES[panel.image](view);
      const id = panel.isZoom ? `${panel.image}-zoom` : panel.image;
      document.getElementById(`${id}-name`).textContent = panel.isZoom ? `zoom ${side} × ${side}` : name;
      panel.plot.setAttribute("aria-label", panel.isZoom ? `${name}, zoom` : name);
    }
  }

  /** What the pictures are, and whether their network had to be computed on full images. */
  function describe({ title, width, height, spacing, reason }) {
    const grain = spacing ? ` · ${spacing} mm a pixel` : "";
    const note = document.getElementById("pair-note");
    note.textContent = `${title} · ${height} × ${width}${grain}${reason ? ` · ${reason}` : ""}`;
    note.classList.toggle("warns", Boolean(reason));
    note.title = note.textContent;
  }

  /** Passes of guidance made and needed. */
  function progress(done, total) {
    const isComplete = total > 0 && done === total;
    trouble = "";
    page().classList.toggle("sharpening", !isComplete);
    say(isComplete ? "" : `Guidance is sharpening: ${total ? Math.floor((100 * done) / total) : 0} %`);
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
  }

  /** Guidance does not come; Jacobians go on, so nothing but the status line says so. */
  function stuck(sentence) {
    trouble = sentence;
    say(sentence);
  }

  /** A new view: nothing has gone wrong with it yet. */
  function clear() {
    trouble = "";
    say("");
    page().classList.remove("failed");
  }

  return { PICTURES, label, describe, progress, problem, recovered, stuck, clear };
})();

/* One pointer over all panels of a page: which pixel is meant, what is asked of the server, when the panels are drawn,
   and when nothing moves any more. A page tells what is its own:

   prefix       of the ids of its controls
   root         the element that carries its state as classes
   panels()     all its panels
   parts(about) what of an answer's header stands for each network
   isOther(part)            whether a part belongs to other files than those shown
   answered(absent)         an answer has come, some parts of it perhaps not computed yet: whether it is to be drawn
   failed(error)            a request failed; what is on the screen stays
   take(message)            show an answer, in the frame that draws it
   draw()                   draw all panels
   recolored(kind)          colour "picture", "guidance" or "jacobian" anew: its window of grey levels or its γ has changed
   pinned()                 the pixel was pinned or released
   resized()                the panels have another size than the large image was fetched for
   settled(isAgain)         nothing moves any more: tell the server and the address */
import * as address from "../components/address.js";
import { byId } from "../components/elements.js";
import * as jacobians from "../data/jacobians.js";
import { stepFor } from "../imaging/blocks.js";
import * as colorbar from "../imaging/colorbar.js";
import { read as readLevels } from "../imaging/levels.js";
import * as hands from "./hands.js";
import * as panelCanvases from "./panel_canvases.js";
import { largestSide } from "./panel_size.js";
import { inside, isSame, steps } from "./pixels.js";
import { WHOLE, read as readView } from "./view_transform.js";
import * as waitingNote from "./waiting_note.js";

const SIZED = 300; // ms after which a new size of the panels is taken as chosen
/** Milliseconds without a move after which a pixel is settled on. */
export const REST = 120;

/** `pixel` is the pixel of the Jacobian on the screen, `asked` the one meant, `awaited` one that takes long; `step` is how
    many pixels of the image a pixel of a panel stands for.
    @type {ViewerState} */
const START = {
  pixel: null, asked: null, awaited: null, last: null, isPinned: false, width: 0, height: 0, aspect: 1, step: 1, window: 31, manner: "follow",
  display: "magnitude", colormap: "viridis", color: false, zooms: true, light: false, gamma1: 1, gamma2: 1,
  fields: { row: null, col: null },
  levels: {}, ...WHOLE,
};

/** The viewer of a page, before its controls are known.
    @type {(page: ViewerPage) => Pointed & Record<string, any>} */
export function viewer(page) {
  /** @type {ViewerState} */
  const state = { ...START, ...readView(address.words()), levels: readLevels(address.words()) };
  /** @type {Set<string>} */
  const stale = new Set(); // kinds of pictures that the next frame colours anew
  /** @type {{ message: Message, timing: Timing } | null} */
  let arrived = null; // {message, timing} that the next frame shows
  let isDrawing = false;
  let sizeTimer = 0;
  let restTimer = 0;

  // ---- which pixel is meant

  /** @type {(pixel: Pixel, since?: number, ahead?: Pixel[]) => void} */
  function point(pixel, since, ahead) {
    if (isSame(state.asked, pixel)) return;
    state.asked = pixel;
    jacobians.want(pixel, since, ahead);
    rest();
  }

  /** @type {(isPinned: boolean) => void} */
  function pin(isPinned) {
    state.isPinned = isPinned;
    page.root().classList.toggle("pinned", isPinned);
    page.pinned();
    rest();
  }

  /** @type {(down: number, right: number) => void} */
  function step(down, right) {
    const [first, ...ahead] = steps(/** @type {Pixel} */ (state.asked), down, right, state);
    point(first, undefined, ahead);
    hands.reveal(self);
  }

  /** The row or the column was typed (or set where the pixel settled, which changes nothing).
      @type {(row: unknown, col: unknown) => void} */
  function go(row, col) {
    const { fields } = state;
    state.fields = { row, col };
    if (!state.asked || typeof row !== "number" || typeof col !== "number") return;
    if (row === fields.row && col === fields.col) return;
    pin(true);
    step(row - state.asked.row, col - state.asked.col);
  }

  // ---- what is asked

  /** Ask `path` for pixels from now on; what was answered before is forgotten.
      @type {(path: string | null, words: Words) => void} */
  const ask = (path, words) => jacobians.attach(path, words, answered, failed);

  /** The pixel, or the image's middle where it lies outside, whatever was asked for before.
      @type {(pixel: Partial<Pixel> | null) => void} */
  function aim(pixel) {
    state.asked = null;
    point(inside(pixel, state));
    jacobians.choose();
  }

  /** @type {(message: Message, timing: Timing) => void} */
  function answered(message, timing) {
    const parts = page.parts(message.about), absent = parts.filter((part) => part.is_absent);
    if (parts.some(page.isOther)) return failed(new Error("The files of this pair have changed; reload the page."));
    if (absent.length) waitingNote.show(absent, state, () => awaited(null));
    else waitingNote.clear();
    if (!absent.length) state.awaited = null;
    else if (absent.some(({ again }) => again)) awaited({ row: message.about.row, col: message.about.col });
    if (!page.answered(absent)) return;
    arrived = { message, timing };
    draw();
  }

  /** The marks go to a pixel whose Jacobian is computed; null: back to the one that is on the screen.
      @type {(pixel: Pixel | null) => void} */
  function awaited(pixel) {
    if (state.awaited === pixel || (pixel && isSame(state.awaited, pixel))) return;
    state.awaited = pixel;
    page.pinned();
    draw();
  }

  /** What is on the screen stays, and the same pixel can be asked for again.
      @type {(error: Error) => void} */
  function failed(error) {
    waitingNote.clear();
    awaited(null);
    page.failed(error);
    state.asked = arrived ? arrived.message.about : state.pixel;
  }

  /** Another pair or network: nothing old may stand beside something new. */
  function forget() {
    state.last = state.asked || state.last;
    Object.assign(state, { width: 0, height: 0, aspect: 1, step: 1, pixel: null, asked: null, awaited: null });
    arrived = null;
  }

  // ---- drawing

  /** Draw every panel in the next frame: pictures and words change to an answer's pixel together. */
  function draw() {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      const frame = performance.now();
      const timing = arrived && take(arrived);
      arrived = null;
      for (const kind of stale) page.recolored(kind);
      stale.clear();
      page.draw();
      if (timing) jacobians.painted(timing, frame);
    });
  }

  /** @type {(arrived: { message: Message, timing: Timing }) => Timing} */
  function take({ message, timing }) {
    state.pixel = { row: message.about.row, col: message.about.col };
    page.take(message);
    return timing;
  }

  /** Colour a kind of picture anew, in the next frame.
      @type {(kind: string) => void} */
  function recolor(kind) {
    stale.add(kind);
    draw();
  }

  /** Another γ, whose slider follows later.
      @type {(name: "gamma1" | "gamma2", value: number) => void} */
  function shade(name, value) {
    state[name] = value;
    tellGamma(name);
    recolor(name === "gamma1" ? "jacobian" : "guidance");
  }

  /** @type {(name: string) => void} */
  function tellGamma(name) {
    byId(`${page.prefix}${name}-shown`).textContent = state[name].toFixed(2);
  }

  /** Sizes or colours of the page have changed: measure them before the next drawing. */
  function refit() {
    panelCanvases.refit(page.panels());
    for (const bar of page.root().querySelectorAll("canvas.bar")) colorbar.refit(/** @type {HTMLCanvasElement} */ (bar));
    clearTimeout(sizeTimer);
    if (state.step > 1) sizeTimer = setTimeout(refine, SIZED);
  }

  /** Show a large image as far as the panels can show it now. */
  function refine() {
    if (state.step === 1) return; // another view was opened meanwhile, or failed to
    if (stepFor(state, largestSide()) !== state.step) page.resized();
  }

  /** Take over what the controls say.
      @type {(chosen: Partial<ViewerState>) => void} */
  function choose(chosen) {
    Object.assign(state, chosen);
    page.root().classList.toggle("light", state.light);
    for (const name of ["gamma1", "gamma2"]) tellGamma(name);
    refit();
  }

  // ---- at rest

  /** Settle on the pixel once nothing has moved for a moment. */
  function rest() {
    clearTimeout(restTimer);
    restTimer = setTimeout(settle, REST);
  }

  /** Settle on the pixel; `isAgain` where that was done before, in vain.
      @type {(isAgain?: boolean) => void} */
  function settle(isAgain = false) {
    if (!state.asked) return;
    // The answer is still on its way, the first one perhaps: what is given up now nobody begins again.
    if (!isSame(state.pixel, state.asked)) return rest();
    const { row, col } = /** @type {Pixel} */ (state.pixel);
    const before = state.fields;
    state.fields = { row, col };
    write("row", row, row === before.row, state.height - 1);
    write("col", col, col === before.col, state.width - 1);
    page.settled(isAgain);
  }

  /** What a field says already is not written again: another number may just have been typed there.
      @type {(field: string, value: number, isThere: boolean, max: number) => void} */
  function write(field, value, isThere, max) {
    dash_clientside.set_props(`${page.prefix}${field}`, isThere ? { max } : { value, max });
  }

  const { prefix, panels } = page;
  const self = { prefix, panels, state, point, pin, step, go, ask, aim, forget, draw, recolor, shade, refit, choose, rest, settle };
  return self;
}

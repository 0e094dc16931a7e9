/* Explore in the browser: one viewer of one network. See dashboard/pages/explore/layout.py. */
import * as guidanceRequests from "../../data/guidance_requests.js";
import * as jacobians from "../../data/jacobians.js";
import * as readiness from "../../data/readiness.js";
import * as colorbar from "../../imaging/colorbar.js";
import { installTables } from "../../imaging/colormap.js";
import { PANEL_IMAGES } from "../../imaging/panel_images.js";
import * as painting from "../../imaging/painting.js";
import * as blend from "../../viewer/blend.js";
import * as brushes from "../../viewer/brush.js";
import * as estimated from "../../viewer/estimated.js";
import * as inputOverlay from "../../viewer/input_overlay.js";
import * as networkView from "../../viewer/network_view.js";
import * as openingNote from "../../viewer/opening_note.js";
import * as panelCanvases from "../../viewer/panel_canvases.js";
import { largestSide } from "../../viewer/panel_size.js";
import * as pointer from "../../viewer/pointer.js";
import * as scatterplot from "../../viewer/scatterplot.js";
import { viewer } from "../../viewer/viewer.js";
import * as chosenView from "./chosen_view.js";
import * as commits from "./commits.js";
import * as enlarged from "./enlarged.js";
import * as inputTools from "./input_tools.js";
import * as lasso from "./lasso.js";
import * as readout from "./readout.js";
import * as scatterFigure from "./scatter_figure.js";
import * as series from "./series.js";
import * as sliceProfile from "./slice_profile.js";
import * as status from "./status.js";
import { byId, make } from "../../components/elements.js";

const root = () => /** @type {HTMLElement} */ (document.querySelector(".explore"));

/** @type {Panel[]} */
let panels = [];
/** @type {any} */
let view = null; // what was chosen: it is shown, about to be, or measured first
/** @type {object | null} */
let sharpened = null; // what is followed: another choice of the error begins anew
let isSharpening = false; // guidance of the view is being asked for

/** @type {Pointed & Record<string, any>} */
const explore = viewer({
  prefix: "",
  root,
  panels: () => panels,
  parts: (about) => [about],
  isOther: ({ key }) => key !== view.key,
  answered,
  failed: status.problem,
  take,
  draw: drawPanels,
  recolored: (kind) => recolored[kind](),
  pinned() {
    if (network.answer) readout.show(network.answer.about, state.isPinned);
    readout.awaited(state.awaited);
  },
  resized: () => void chosenView.ask({ pair: view.pair, network: view.network }, null, true),
  settled(isAgain) {
    commits.commit(isAgain);
    sliceProfile.open();
  },
});

export const { state, point, pin, go } = explore;
chosenView.attach({ opened, failed });
/** @type {NetworkView} */
const network = networkView.networkView(state);

// ---- what the server's answers do

/** @type {(absent: unknown[]) => boolean} */
function answered(absent) {
  if (!absent.length) status.recovered();
  return !absent.length;
}

/** Picture and read-out change to an answer's pixel in one frame, so that they are always of the same one.
    @type {(message: Message) => void} */
function take(message) {
  networkView.take(network, message);
  if (message.about.reason !== view.reason) tell({ reason: message.about.reason });
  paintJacobian();
  readout.show(message.about, state.isPinned);
  readout.awaited(state.awaited);
  scatterFigure.cover();
  chosenView.answered(view.pair);
}

/** The server has answered for a choice: show its view, unless it is the one that is shown already.
    @type {(message: Message, wish: import("./chosen_view.js").Wish) => void} */
function opened({ about, arrays }, wish) {
  const nextView = about.view;
  byId("panels").hidden = Boolean(nextView.refused) && !view; // empty panels would pass for black pictures
  if (nextView.refused) return revert(nextView);
  if (nextView.measuring) return void wait(nextView);
  const isShown = view && !view.measuring && ["pair", "network", "key"].every((name) => view[name] === nextView[name]);
  if (isShown && !wish.isAnew) return openingNote.tell(nextView);
  show(nextView, arrays, about.step, wish);
}

/** The server does not answer for a choice.
    @type {(choice: import("./chosen_view.js").Choice, error: Error) => void} */
function failed(choice, error) {
  stop();
  view = null; // choosing it again tries again
  status.problem(error);
  openingNote.tell(choice);
}

/** What was chosen cannot be opened: the choices go back to what is shown.
    @type {(refused: any) => void} */
function revert(refused) {
  openingNote.tell(view ?? refused);
  inputTools.pictureBack();
  if (view) chosenView.goBack({ pair: view.pair, network: view.network });
}

/** A new pair or network: show its pictures, keep the pixel where it fits, start its guidance.
    @type {(nextView: any, images: any, step: number, wish: import("./chosen_view.js").Wish) => void} */
function show(nextView, images, step, { side, pixel }) {
  const shownView = view = nextView, words = { pair: view.pair, network: view.network };
  stop();
  const { key, width, height, aspect, spacing, orientation, raw } = view;
  Object.assign(state, { step, width, height, side, spacing, aspect, orientation, raw });
  if (largestSide() !== side) explore.refit(); // the panels have another size since the pictures were asked for
  networkView.open(network, status.PICTURES, { key, width, height, aspect, step }, images,
    { path: "explore/window", words, draw: redrawGuidance, failed: status.stuck });
  label();
  enlarged.name();
  inputTools.open();
  series.open();
  status.describe(view, step);
  readout.open(view.names, view.raw);
  lasso.open(view, () => shownView === view);
  explore.draw(); // the first Jacobian may take long
  openingNote.tell(view);
  askAnew();
  explore.aim(state.last || pixel);
  followGuidance();
}

/** A network of which is not known yet how far it sees: nothing can be shown, but that it is measured.
    @type {(nextView: any) => Promise<void>} */
async function wait(nextView) {
  const waiting = view = nextView, choice = { pair: view.pair, network: view.network };
  stop();
  openingNote.tell(view);
  const isReady = await readiness.until(view.network, status.stuck, () => view === waiting);
  if (isReady) chosenView.ask(choice);
}

/** Name every panel, with what is laid over it. */
function label() {
  if (view && !view.measuring) status.label(panels, view, state.window, state.step, (image) => inputOverlay.noteOf(image, view.names));
}

/** Forget what belongs to the view before: nothing old may stand beside something new. */
function stop() {
  jacobians.attach(null);
  readout.rest();
  networkView.clear(network);
  explore.forget();
  status.clear();
  scatterFigure.cover();
  enlarged.cover();
  explore.draw();
}

// ---- guidance

/** Show guidance as it sharpens, until it is finished or another view is opened. */
async function followGuidance() {
  const followed = sharpened = { view };
  const isCurrent = () => followed === sharpened && followed.view === view;
  isSharpening = true;
  if (view.is_changed && !view.has_guidance) {
    colorbar.clear(byId("guidance-bar"));
    await status.offered("", "Compute guidance");
    if (!isCurrent()) return;
    view.has_guidance = true; // it was asked for
    status.begin();
  }
  const isFinished = await guidanceRequests.follow(view, state.side, isCurrent, takeGuidance, report(),
    () => guidanceRequests.looked(state));
  if (!isCurrent()) return;
  isSharpening = false;
  if (isFinished) explore.rest(); // the scatterplot's figure and the correlations follow, without a move
}

/** Guidance may tell, or fail because, crops are wrong on this pair.
    @type {() => GuidanceReport} */
const report = () => ({
  ...status,
  progress(done, total, about) {
    if (about && about.reason !== view.reason) renew(about.reason);
    status.progress(done, total, about);
  },
  offered(sentence, words) {
    renew(view.reason);
    return status.offered(sentence, words);
  },
});

/** Crops were found to be wrong on this pair: what they gave the pointer is asked anew.
    @type {(reason: string) => void} */
function renew(reason) {
  const { asked } = state;
  tell({ reason });
  askAnew();
  if (asked) explore.aim(asked);
}

/** Ask for this view's pixels from now on; what was answered before is forgotten. */
const askAnew = () => explore.ask("explore/jacobian", { pair: view.pair, network: view.network });

/** The server's guidance is not what it was: follow it anew. */
function sharpen() {
  if (!isSharpening) followGuidance();
}

/** Something is known of the view that was not when it was opened.
    @type {(found: object) => void} */
function tell(found) {
  Object.assign(view, found);
  status.describe(view, state.step);
}

/** @type {(arrays: any, about: any, isComplete: boolean) => void} */
function takeGuidance(arrays, about, isComplete) {
  if (isComplete) tell({ isChecked: true }); // nothing is finished before
  networkView.takeGuidance(network, arrays, about, isComplete);
  redrawGuidance();
}

// ---- painting

function paintJacobian() {
  const scale = painting.scale(networkView.jacobianLimit(network), state.gamma1, state);
  networkView.paintJacobian(network, scale);
  if (network.answer) colorbar.draw(byId("jacobian-bar"), scale);
}

function paintGuidance() {
  const scale = painting.scale(networkView.guidanceLimit(network), state.gamma2, state);
  networkView.paintGuidance(network, scale);
  if (network.guidance) colorbar.draw(byId("guidance-bar"), scale);
}

/** @type {Record<string, () => void>} */
const recolored = { picture: showImages, guidance: paintGuidance, jacobian: paintJacobian };

function showImages() {
  networkView.showImages(network);
  inputOverlay.recolored();
}

function redrawGuidance() {
  paintGuidance();
  explore.draw();
}

function redraw() {
  paintGuidance();
  paintJacobian();
  explore.draw();
}

/** Mark pixels in every picture and their points in the scatterplot; nothing where there are none.
    @type {(found: Brush | null) => void} */
function mark(found) {
  state.brush = found;
  brushes.mark(network.pictures, found);
  if (network.view) scatterFigure.cover(); // the figure below knows of no marks
  explore.draw();
  explore.rest();
}

function drawPanels() {
  const { first, second } = network.pictures;
  blend.over(first, second);
  blend.over(second, blend.isHeld() ? first : null);
  if (view && !blend.isHeld()) inputOverlay.lay(network.pictures, network.images, view.names);
  const meant = state.awaited ? { ...state, pixel: state.awaited } : state; // Jacobians stay, greyed, with their pixel
  for (const panel of panels) {
    if (panel.image === "scatter") {
      if (!panel.canvas.hidden) scatterplot.draw(panel, network.guidance, state, network.exact);
    } else if (!panel.isZoom || state.zooms) {
      const seen = PANEL_IMAGES[panel.image].kind === "jacobian" && state.pixel ? state : meant;
      panelCanvases.draw(panel, networkView.pictureIn(network, panel), seen);
    }
  }
  enlarged.mark();
}

// ---- called by Dash

/** Take over the controls' values; returns the colour scheme.
    @type {(display: Display, colormap: string, side: string, manner: string, color: boolean, zooms: boolean, light: boolean, gamma1: number, gamma2: number, tables: Record<string, string>) => string} */
export function configure(display, colormap, side, manner, color, zooms, light, gamma1, gamma2, tables) {
  if (!panels.length) start(tables);
  readout.rest(); // other colours, perhaps
  explore.choose({ display, colormap, window: Number(side), manner, color, zooms, light, gamma1, gamma2 });
  byId("panels").classList.toggle("no-zooms", !zooms);
  if (network.view) {
    label();
    network.windows.follow(state);
    showImages();
    redraw();
    explore.rest();
  }
  return light ? "light" : "dark";
}

/** @type {(tables: Record<string, string>) => void} */
function start(tables) {
  installTables(tables);
  panels = panelCanvases.all();
  for (const each of [commits, scatterFigure, enlarged, lasso, series]) each.attach(page, panels);
  const corner = make("div", { class: "caption-tools" });
  panels.find(({ image, isZoom }) => image === "first" && !isZoom)?.root.append(corner);
  blend.attach(corner, "one input with the other", explore.draw);
  inputTools.attach(page, panels, () => network.pictures, label);
  pointer.attach(panels, explore);
  estimated.attach(followGuidance);
  status.attach((how) => guidanceRequests.hold(view, how).catch(status.problem));
  const observer = new ResizeObserver(() => { readout.rest(); explore.refit(); redraw(); });
  for (const each of [byId("panels"), ...panels.map(({ canvas }) => canvas)]) observer.observe(each);
}

/** What the committed path has to know besides the state. */
export const shown = () => ({ view: view && !view.measuring ? view : null, guidance: network.guidance });

/** Explore, as its parts know it. */
const page = { ...explore, shown, sharpen, mark };

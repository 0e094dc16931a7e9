/* Explore in the browser: one state, and the few things that change it. See dashboard/pages/explore/layout.py. */
import * as exactWindows from "../../data/exact_windows.js";
import * as guidanceRequests from "../../data/guidance_requests.js";
import * as jacobians from "../../data/jacobians.js";
import * as readiness from "../../data/readiness.js";
import * as wire from "../../data/wire.js";
import * as colorbar from "../../imaging/colorbar.js";
import { installTables, limitOf } from "../../imaging/colormap.js";
import * as painting from "../../imaging/painting.js";
import { overlay } from "../../imaging/pictures.js";
import * as estimated from "../../viewer/estimated.js";
import { largestSide } from "../../viewer/panel_size.js";
import * as panelCanvases from "../../viewer/panel_canvases.js";
import { inside, isSame, steps } from "../../viewer/pixels.js";
import * as pointer from "../../viewer/pointer.js";
import * as scatterplot from "../../viewer/scatterplot.js";
import * as waitingNote from "../../viewer/waiting_note.js";
import * as commits from "./commits.js";
import * as enlarged from "./enlarged.js";
import * as readout from "./readout.js";
import * as scatterFigure from "./scatter_figure.js";
import * as status from "./status.js";

const SIZED = 300; // ms after which a new size of the panels is taken as chosen

/** What is shown. `pixel` is the pixel of the Jacobian on the screen, never one that is still computed. */
export const state = { pixel: null, asked: null, isPinned: false, width: 0, height: 0, window: 31, manner: "follow" };
let panels = [];
let view = null;
let images = null; // grey levels and colours of the view
let pictures = {}; // canvases drawn from
let answer = null; // the Jacobian on the screen
let arrived = null; // {message, timing} that the next frame shows
let guidance = null;
let exact = null; // every pixel of the pictures around the pixel, where the images are too large to be here whole
const windows = exactWindows.follower();
let serial = 0;
let sizeTimer = 0;
let isDrawing = false;
let sharpened = null; // what is followed: another choice of the error begins anew
let isSharpening = false; // guidance of the view is being asked for

// ---- what the pointer and the keys do

export function point(pixel, since, ahead) {
  if (isSame(state.asked, pixel)) return;
  state.asked = pixel;
  jacobians.want(pixel, since, ahead);
  commits.rest();
}

export function pin(isPinned) {
  state.isPinned = isPinned;
  document.querySelector(".explore").classList.toggle("pinned", isPinned);
  if (answer) readout.show(answer.about, isPinned);
  commits.rest();
}

export function step(down, right) {
  const [first, ...ahead] = steps(state.asked, down, right, state);
  point(first, undefined, ahead);
}

// ---- what the server's answers do

function answered(message, timing) {
  if (message.about.key !== view.key) {
    return failed(new Error("The files of this pair have changed; reload the page."));
  }
  if (message.about.is_absent) return waitingNote.show([message.about], state);
  waitingNote.clear();
  status.recovered();
  arrived = { message, timing };
  draw();
}

/** Picture and read-out change to an answer's pixel in one frame, so that they are always of the same one. */
function take({ message, timing }) {
  answer = message;
  state.pixel = { row: message.about.row, col: message.about.col };
  if (message.about.reason !== view.reason) tell({ reason: message.about.reason });
  paintJacobian();
  readout.show(message.about, state.isPinned);
  scatterFigure.cover();
  windows.follow(state);
  return timing;
}

/** A request failed: what is on the screen stays, and the same pixel can be asked for again. */
function failed(error) {
  waitingNote.clear();
  status.problem(error);
  state.asked = arrived ? arrived.message.about : state.pixel;
}

/** The server has answered for a choice: show its view, unless it is the one that is shown already. */
export function open(nextView, pixel) {
  if (nextView.refused) return revert();
  if (nextView.measuring) return wait(nextView);
  const isShown = view && !view.measuring && ["pair", "network", "key"].every((name) => view[name] === nextView[name]);
  if (isShown) return;
  dash_clientside.set_props("view-problem", { children: null });
  show(nextView, pixel);
}

/** What was chosen cannot be opened: the choices go back to what is shown. */
function revert() {
  for (const name of view ? ["pair", "network"] : []) dash_clientside.set_props(name, { value: view[name] });
}

/** A new pair or network: fetch its pictures, keep the pixel where it fits, start its guidance. */
async function show(nextView, pixel) {
  const opened = view = nextView, side = largestSide();
  stop();
  try {
    const message = await wire.ask("explore/images", { pair: view.pair, network: view.network, side });
    if (opened !== view) return;
    images = message.arrays;
    Object.assign(state, { step: message.about.step, side });
  } catch (error) {
    if (opened !== view) return;
    status.problem(error);
    view = null; // choosing it again tries again
    return;
  }
  Object.assign(state, { width: view.width, height: view.height });
  if (largestSide() !== side) refit(); // the panels have another size since the pictures were asked for
  pictures = painting.empty(status.PICTURES, state);
  showImages();
  status.label(panels, view, state.window, state.step);
  enlarged.name();
  status.describe(view, state.step);
  readout.open(view.names);
  askAnew();
  if (state.step > 1) {
    windows.attach({ key: view.key, path: "explore/window", words: { pair: view.pair, network: view.network } },
      takeWindow, status.stuck);
  }
  point(inside(state.last || state.asked || pixel, state));
  jacobians.choose();
  followGuidance();
}

/** A network of which is not known yet how far it sees: nothing can be shown, but that it is measured. */
async function wait(nextView) {
  const waiting = view = nextView;
  stop();
  const isReady = await readiness.until(view.network, status.stuck, () => view === waiting);
  if (isReady) dash_clientside.set_props("measured", { data: waiting.network });
}

/** Forget what belongs to the view before: nothing old may stand beside something new. */
function stop() {
  jacobians.attach(null);
  windows.attach(null);
  Object.assign(state, { width: 0, height: 0, step: 1, pixel: null });
  state.last = state.asked || state.last;
  state.asked = null;
  answer = arrived = guidance = images = exact = null;
  pictures = {};
  status.clear();
  scatterFigure.cover();
  enlarged.cover();
  draw();
}

/** Show guidance as it sharpens, until it is finished or another view is opened. */
async function followGuidance() {
  const followed = sharpened = { view };
  const isCurrent = () => followed === sharpened && followed.view === view;
  isSharpening = true;
  const isFinished = await guidanceRequests.follow(view, state.side, isCurrent, takeGuidance, report());
  if (!isCurrent()) return;
  isSharpening = false;
  if (isFinished) commits.rest(); // the scatterplot's figure and the correlations follow, without a move
}

/** Guidance may tell, or fail because, crops are wrong on this pair. */
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

/** Crops were found to be wrong on this pair: what they gave the pointer is asked anew. */
function renew(reason) {
  const { asked } = state;
  tell({ reason });
  askAnew();
  state.asked = null; // or the same pixel would not be asked again
  if (asked) point(asked);
  jacobians.choose();
}

/** Ask for this view's pixels from now on; what was answered before is forgotten. */
function askAnew() {
  jacobians.attach("explore/jacobian", { pair: view.pair, network: view.network }, answered, failed);
}

/** The server's guidance is not what it was: follow it anew. */
export function sharpen() {
  if (!isSharpening) followGuidance();
}

/** Something is known of the view that was not when it was opened. */
function tell(found) {
  Object.assign(view, found);
  status.describe(view, state.step);
}

function takeGuidance(arrays, about, isComplete) {
  if (isComplete) tell({ isChecked: true }); // nothing is finished before
  serial += 1;
  guidance = { ...arrays, ...about, serial, isComplete };
  [guidance.rangeX, guidance.rangeY] = about.axes
    || [scatterplot.range(arrays.first), scatterplot.range(arrays.second)];
  paintGuidance();
  overlay(pictures.rgb, arrays.first, arrays.second, images.blue, about.ranges);
  windows.sharpened(about.done, state);
  draw();
}

// ---- painting

const scaleOf = (arrays, gamma, limits) => painting.scale(
  limits ? limits[state.display] : limitOf(arrays, state.display), gamma, state);

function paintJacobian() {
  if (!answer) return;
  const { about, arrays } = answer;
  const scale = scaleOf([arrays.first, arrays.second], state.gamma1);
  painting.jacobian(pictures, arrays, about, scale, state.step);
  colorbar.draw(document.getElementById("jacobian-bar"), scale);
}

function paintGuidance() {
  if (!guidance) return;
  const scale = scaleOf([guidance.first, guidance.second], state.gamma2, guidance.limits);
  painting.guidance(pictures, guidance, scale);
  colorbar.draw(document.getElementById("guidance-bar"), scale);
  if (exact) painting.exactGuidance(pictures, exact, scale, guidance.ranges);
}

/** The exact window around the pixel has arrived: the zooms show it instead of blocks. */
function takeWindow(message) {
  exact = message;
  painting.exactImages(pictures, exact, state.color);
  paintGuidance();
  draw();
}

function showImages() {
  if (!images) return;
  painting.images(pictures, images, state.color);
  if (exact) painting.exactImages(pictures, exact, state.color);
}

/** Draw every panel in the next frame. */
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    const frame = performance.now();
    const timing = arrived && take(arrived);
    arrived = null;
    for (const panel of panels) {
      if (panel.image === "scatter") {
        if (!panel.canvas.hidden) scatterplot.draw(panel, guidance, state, exact);
      } else if (!panel.isZoom || state.zooms) {
        panelCanvases.draw(panel, shownPicture(panel), state);
      }
    }
    enlarged.mark();
    if (timing) jacobians.painted(timing, frame);
  });
}

function shownPicture(panel) {
  const needs = { guidance1: guidance, guidance2: guidance, rgb: guidance, jacobian1: answer, jacobian2: answer };
  const isReady = !(panel.image in needs) || needs[panel.image];
  return isReady && (!panel.isZoom || state.pixel) ? pictures[panel.image] : null;
}

// ---- called by Dash

/** Take over the controls' values; returns the colour scheme. */
export function configure(display, colormap, side, manner, color, zooms, light, gamma1, gamma2, tables) {
  if (!panels.length) start(tables);
  Object.assign(state, { display, colormap, window: Number(side), manner, color, zooms, light, gamma1, gamma2 });
  document.getElementById("panels").classList.toggle("no-zooms", !zooms);
  document.querySelector(".explore").classList.toggle("light", light);
  refit();
  document.getElementById("gamma1-shown").textContent = gamma1.toFixed(2);
  document.getElementById("gamma2-shown").textContent = gamma2.toFixed(2);
  if (view && images) {
    status.label(panels, view, state.window, state.step);
    windows.follow(state);
    showImages();
    paintGuidance();
    paintJacobian();
    draw();
    commits.rest();
  }
  return light ? "light" : "dark";
}

function start(tables) {
  installTables(tables);
  panels = panelCanvases.all();
  for (const each of [commits, scatterFigure, enlarged]) each.attach(page, panels);
  pointer.attach(panels, page);
  estimated.attach(followGuidance);
  const observer = new ResizeObserver(() => { refit(); paintGuidance(); paintJacobian(); draw(); });
  for (const each of [document.getElementById("panels"), ...panels.map(({ canvas }) => canvas)]) observer.observe(each);
}

/** Sizes or colours of the page have changed: measure them before the next drawing. */
function refit() {
  panelCanvases.refit(panels);
  for (const bar of document.querySelectorAll("canvas.bar")) colorbar.refit(bar);
  clearTimeout(sizeTimer);
  if (state.step > 1) sizeTimer = setTimeout(refine, SIZED);
}

/** The panels have another size: show a large image as far as they can show it now. */
function refine() {
  if (!view || state.step === 1) return; // another view was opened meanwhile, or failed to
  const needed = Math.ceil(Math.max(view.width, view.height) / largestSide());
  if (needed !== state.step) show({ ...view }); // another object: what was begun for this one ends
}

/** The row or the column was typed (or set by a commit, which changes nothing). */
export function go(row, col) {
  if (!state.asked || typeof row !== "number" || typeof col !== "number" || `${row},${col}` === state.typed) return;
  pin(true);
  step(row - state.asked.row, col - state.asked.col);
}

/** What the committed path has to know besides the state. */
export const shown = () => ({ view: view && !view.measuring ? view : null, guidance });

/** Explore, as its parts know it. */
const page = { state, shown, point, pin, step, rest: commits.rest, sharpen };

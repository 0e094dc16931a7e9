/* Explore in the browser: one state, and the few things that change it. See dashboard/pages/explore/layout.py. */
window.FuseVis = window.FuseVis || {};

FuseVis.explore = (() => {
  "use strict";

  const REST = 120; // ms without a move after which a pixel is committed
  const LATER = 3000; // ms until a correlation over all pixels that takes long is asked for again
  const LATE = 6000; // ms after which figures that have not come are asked for again
  const SIZED = 300; // ms after which a new size of the panels is taken as chosen

  /** What is shown. `pixel` is the pixel of the Jacobian on the screen, never one that is still computed. */
  const state = { pixel: null, asked: null, isPinned: false, width: 0, height: 0, window: 31, manner: "follow" };
  let panels = [];
  let view = null;
  let images = null; // grey levels and colours of the view
  let pictures = {}; // canvases drawn from
  let answer = null; // the Jacobian on the screen
  let arrived = null; // {message, timing} that the next frame shows
  let guidance = null;
  let exact = null; // every pixel of the pictures around the pixel, where the images are too large to be here whole
  const windows = FuseVis.detail.follower();
  let serial = 0;
  let restTimer = 0;
  let sizeTimer = 0;
  let isDrawing = false;
  let figured = ""; // view and colours of the figures below the canvases …
  let figuring = {}; // … and of those that were asked for, with when

  // ---- what the pointer and the keys do

  function point(pixel, since, ahead) {
    if (state.asked && state.asked.row === pixel.row && state.asked.col === pixel.col) return;
    state.asked = pixel;
    FuseVis.live.want(pixel, since, ahead);
    rest();
  }

  function pin(isPinned) {
    state.isPinned = isPinned;
    document.querySelector(".explore").classList.toggle("pinned", isPinned);
    if (answer) FuseVis.readout.show(answer.about, isPinned);
    rest();
  }

  function step(down, right) {
    const { row, col } = state.asked;
    const places = [1, 2, 3].map((times) => ({
      row: Math.min(Math.max(row + times * down, 0), state.height - 1),
      col: Math.min(Math.max(col + times * right, 0), state.width - 1),
    }));
    point(places[0], undefined, places.slice(1));
  }

  /** Commit the pixel once nothing has moved for a moment. */
  function rest() {
    clearTimeout(restTimer);
    restTimer = setTimeout(commit, REST);
  }

  // ---- what the server's answers do

  function answered(message, timing) {
    if (message.about.key !== view.key) {
      return failed(new Error("The files of this pair have changed; reload the page."));
    }
    FuseVis.status.recovered();
    arrived = { message, timing };
    draw();
  }

  /** Picture and read-out change to an answer's pixel in one frame, so that they are always of the same one. */
  function take({ message, timing }) {
    answer = message;
    state.pixel = { row: message.about.row, col: message.about.col };
    paintJacobian();
    FuseVis.readout.show(message.about, state.isPinned);
    liveScatter(true);
    windows.follow(state);
    return timing;
  }

  /** A request failed: what is on the screen stays, and the same pixel can be asked for again. */
  function failed(error) {
    FuseVis.status.problem(error);
    state.asked = arrived ? arrived.message.about : state.pixel;
  }

  /** A new pair or network: fetch its pictures, keep the pixel where it fits, start its guidance. */
  async function open(nextView, pixel) {
    const opened = view = nextView, side = FuseVis.detail.side();
    stop();
    try {
      const message = await FuseVis.wire.ask("explore/images", { pair: view.pair, network: view.network, side });
      if (opened !== view) return;
      images = message.arrays;
      Object.assign(state, { step: message.about.step, side });
    } catch (error) {
      if (opened === view) FuseVis.status.problem(error);
      return;
    }
    Object.assign(state, { width: view.width, height: view.height });
    pictures = FuseVis.painting.empty(FuseVis.status.PICTURES, state);
    showImages();
    FuseVis.status.label(panels, view, state.window, state.step);
    FuseVis.status.describe(view, state.step);
    FuseVis.readout.open(view.names);
    FuseVis.live.attach("explore/jacobian", { pair: view.pair, network: view.network }, answered, failed);
    if (state.step > 1) {
      windows.attach({ key: view.key, path: "explore/window", words: { pair: view.pair, network: view.network } },
        takeWindow, FuseVis.status.stuck);
    }
    point(inside(state.asked || pixel));
    followGuidance(opened, side);
  }

  /** A network of which is not known yet how far it sees: nothing can be shown, but that it is measured. */
  async function wait(nextView) {
    const waiting = view = nextView;
    stop();
    state.step = 1;
    const isReady = await FuseVis.measuring.until(view.network, FuseVis.status.stuck, () => view === waiting);
    if (isReady) dash_clientside.set_props("measured", { data: waiting.network });
  }

  /** Forget what belongs to the view before: nothing old may stand beside something new. */
  function stop() {
    FuseVis.live.attach(null);
    windows.attach(null);
    Object.assign(state, { width: 0, height: 0, pixel: null });
    state.last = state.asked || state.last;
    state.asked = state.published = null;
    state.isGuidanceDrawn = false;
    answer = arrived = guidance = images = exact = null;
    pictures = {};
    FuseVis.status.clear();
    document.getElementById("panels").classList.add("unfigured");
    liveScatter(true);
    draw();
  }

  function inside(pixel) {
    const meant = state.last || pixel || {};
    const fits = Number.isInteger(meant.row) && Number.isInteger(meant.col)
      && meant.row < state.height && meant.col < state.width;
    return fits
      ? { row: meant.row, col: meant.col }
      : { row: Math.floor(state.height / 2), col: Math.floor(state.width / 2) };
  }

  /** Show guidance as it sharpens, until it is finished or another view is opened. */
  async function followGuidance(opened, side) {
    const isFinished = await FuseVis.guidance.follow(opened, side, () => opened === view, takeGuidance);
    if (isFinished) rest(); // the figures and the read-out's correlations follow, without a move
  }

  function takeGuidance(arrays, about, isComplete) {
    serial += 1;
    guidance = { ...arrays, ...about, serial, isComplete };
    [guidance.rangeX, guidance.rangeY] = about.axes
      || [FuseVis.scatter.range(arrays.first), FuseVis.scatter.range(arrays.second)];
    paintGuidance();
    FuseVis.pictures.overlay(pictures.rgb, arrays.first, arrays.second, images.blue, about.ranges);
    windows.sharpened(about.done, state);
    draw();
  }

  // ---- painting

  const scaleOf = (arrays, gamma, limits) => FuseVis.painting.scale(
    limits ? limits[state.display] : FuseVis.colormap.limitOf(arrays, state.display), gamma, state);

  function paintJacobian() {
    if (!answer) return;
    const { about, arrays } = answer;
    const scale = scaleOf([arrays.first, arrays.second], state.gamma1);
    FuseVis.painting.jacobian(pictures, arrays, about, scale, state.step);
    FuseVis.colorbar.draw(document.getElementById("jacobian-bar"), scale);
  }

  function paintGuidance() {
    if (!guidance) return;
    const scale = scaleOf([guidance.first, guidance.second], state.gamma2, guidance.limits);
    FuseVis.painting.guidance(pictures, guidance, scale);
    FuseVis.colorbar.draw(document.getElementById("guidance-bar"), scale);
    if (exact) FuseVis.painting.exactGuidance(pictures, exact, scale, guidance.ranges);
  }

  /** The exact window around the pixel has arrived: the zooms show it instead of blocks. */
  function takeWindow(message) {
    exact = message;
    FuseVis.painting.exactImages(pictures, exact, state.color);
    paintGuidance();
    draw();
  }

  function showImages() {
    if (!images) return;
    FuseVis.painting.images(pictures, images, state.color);
    if (exact) FuseVis.painting.exactImages(pictures, exact, state.color);
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
          if (!panel.canvas.hidden) FuseVis.scatter.draw(panel, guidance, state, exact);
        } else if (!panel.isZoom || state.zooms) {
          FuseVis.panels.draw(panel, shownPicture(panel), state);
        }
      }
      if (timing) FuseVis.live.painted(timing, frame);
    });
  }

  function shownPicture(panel) {
    const needs = { guidance1: guidance, guidance2: guidance, rgb: guidance, jacobian1: answer, jacobian2: answer };
    const isReady = !(panel.image in needs) || needs[panel.image];
    return isReady && (!panel.isZoom || state.pixel) ? pictures[panel.image] : null;
  }

  /** Over the scatterplot the canvas stands only while the pointer moves; at rest Plotly shows its own. */
  function liveScatter(isLive) {
    const panel = panels.find((each) => each.image === "scatter");
    if (panel) panel.canvas.hidden = !isLive;
  }

  // ---- the committed path

  const displayed = () => ({ display: state.display, colormap: state.colormap });

  function commit() {
    if (!view || !state.pixel || !state.asked) return;
    const isShown = state.pixel.row === state.asked.row && state.pixel.col === state.asked.col;
    if (!isShown) return rest();
    const { row, col } = state.pixel;
    const data = {
      pair: view.pair, network: view.network, row, col, window: state.window, gamma1: state.gamma1, gamma2: state.gamma2,
      color: state.color, ...displayed(),
    };
    state.typed = `${row},${col}`;
    dash_clientside.set_props("row", { value: row, max: state.height - 1 });
    dash_clientside.set_props("col", { value: col, max: state.width - 1 });
    writeAddress(data);
    if (!isFigured()) {
      clearTimeout(restTimer);
      restTimer = setTimeout(commit, LATE);
      return;
    }
    dash_clientside.set_props("commit", { data });
    publishGuidance();
  }

  /** Whether the figures below the canvases are the view's; else they are asked for, now that nothing moves. */
  function isFigured() {
    const { pair, network, key } = view, { color } = state, { of, since } = figuring;
    const wanted = `${key} ${color}`;
    const isHere = figured === wanted && of === wanted; // and no others are on their way
    document.getElementById("panels").classList.toggle("unfigured", !isHere);
    if (!isHere && (of !== wanted || performance.now() - since >= LATE)) {
      figuring = { of: wanted, since: performance.now() };
      undraw();
      dash_clientside.set_props("shown", { data: { ...figuring, pair, network, color } });
    }
    return isHere;
  }

  /** No guidance figure is drawn: the canvas stands over the scatterplot until one is. */
  function undraw() {
    state.isGuidanceDrawn = false;
    state.published = null;
    liveScatter(true);
  }

  /** Let the server draw the guidance figures too, once they are finished and whenever they look different. */
  function publishGuidance() {
    if (!guidance || !guidance.isComplete || !state.pixel) return;
    const data = { pair: view.pair, network: view.network, gamma2: state.gamma2, ...displayed() };
    const text = JSON.stringify(data);
    if (text === state.published) return;
    state.published = text;
    dash_clientside.set_props("guidance", { data });
  }

  function writeAddress({ pair, network, row, col, window: side, gamma1 }) {
    const flag = (value) => (value ? "1" : "0");
    const words = new URLSearchParams({
      pair, network, row, col, window: side, gamma1, gamma2: state.gamma2, ...displayed(), manner: state.manner,
      color: flag(state.color), zooms: flag(state.zooms), light: flag(state.light),
    });
    history.replaceState(history.state, "", `?${words}`);
  }

  // ---- called by Dash

  /** Take over the controls' values; returns the colour scheme. */
  function configure(display, colormap, side, manner, color, zooms, light, gamma1, gamma2, tables) {
    if (!panels.length) start(tables);
    Object.assign(state, { display, colormap, window: Number(side), manner, color, zooms, light, gamma1, gamma2 });
    document.getElementById("panels").classList.toggle("no-zooms", !zooms);
    document.querySelector(".explore").classList.toggle("light", light);
    refit();
    document.getElementById("gamma1-shown").textContent = gamma1.toFixed(2);
    document.getElementById("gamma2-shown").textContent = gamma2.toFixed(2);
    if (view && images) {
      FuseVis.status.label(panels, view, state.window, state.step);
      windows.follow(state);
      showImages();
      paintGuidance();
      paintJacobian();
      draw();
      rest();
    }
    return light ? "light" : "dark";
  }

  function start(tables) {
    FuseVis.colormap.install(tables);
    panels = FuseVis.panels.all();
    FuseVis.pointer.attach(panels, FuseVis.explore);
    const observer = new ResizeObserver(() => { refit(); paintGuidance(); paintJacobian(); draw(); });
    for (const each of [document.getElementById("panels"), ...panels.map(({ canvas }) => canvas)]) observer.observe(each);
  }

  /** Sizes or colours of the page have changed: measure them before the next drawing. */
  function refit() {
    FuseVis.panels.refit(panels);
    for (const bar of document.querySelectorAll("canvas.bar")) FuseVis.colorbar.refit(bar);
    clearTimeout(sizeTimer);
    if (state.step > 1) sizeTimer = setTimeout(refine, SIZED);
  }

  /** The panels have another size: show a large image as far as they can show it now. */
  function refine() {
    const needed = Math.ceil(Math.max(view.width, view.height) / FuseVis.detail.side());
    if (needed !== state.step) open(view);
  }

  /** The row or the column was typed (or set by a commit, which changes nothing). */
  function go(row, col) {
    if (!state.asked || typeof row !== "number" || typeof col !== "number" || `${row},${col}` === state.typed) return;
    pin(true);
    step(row - state.asked.row, col - state.asked.col);
  }

  const isOfView = (found) => Boolean(found && view && found.pair === view.pair && found.network === view.network);

  /** The server's figures for a committed pixel have arrived; those of an older view are drawn over. */
  function settle(found) {
    if (found && !isOfView(found)) return rest();
    if (!found || !state.pixel || found.row !== state.pixel.row || found.col !== state.pixel.col) return;
    FuseVis.readout.correlate(found.correlation);
    if (found.correlation && !found.correlation.all) {
      clearTimeout(restTimer);
      restTimer = setTimeout(commit, LATER);
    }
    if (state.isGuidanceDrawn) liveScatter(false);
  }

  /** The server's guidance figures have arrived; those of an older view are drawn over. */
  function drawn(found) {
    if (!found) return;
    state.isGuidanceDrawn = isOfView(found);
    if (!state.isGuidanceDrawn) state.published = null;
    rest();
  }

  /** The server's figures have arrived; those of an older view or other colours stay hidden. */
  function placed({ of }) {
    figured = of;
    undraw();
    rest();
  }

  return { state, point, pin, step, rest, open, wait, configure, go, placed, settle, drawn };
})();

window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.explore = {
  configure: (...values) => FuseVis.explore.configure(...values),
  open: (view, start) => {
    if (view) FuseVis.explore[view.measuring ? "wait" : "open"](view, start);
  },
  go: (row, col) => { FuseVis.explore.go(row, col); },
  placed: (found) => { if (found) FuseVis.explore.placed(found); },
  settle: (found) => { FuseVis.explore.settle(found); },
  drawn: (found) => { FuseVis.explore.drawn(found); },
  colorless: (view) => Boolean(view) && !view.has_color,
};

/* Explore in the browser: one state, and the few things that change it. See dashboard/pages/explore.py. */
window.FuseVis = window.FuseVis || {};

FuseVis.explore = (() => {
  "use strict";

  const REST = 120; // ms without a move after which a pixel is committed
  const RETRY = 3000; // ms until guidance is asked for again after a request failed
  const SHARPEN = 200; // ms between two looks at guidance that is still computed

  /** What is shown. `pixel` is the pixel of the Jacobian on the screen, never one that is still computed. */
  const state = { pixel: null, asked: null, isPinned: false, width: 0, height: 0, window: 31, manner: "follow" };
  let panels = [];
  let view = null;
  let images = null; // grey levels and colours of the view
  let pictures = {}; // canvases drawn from
  let answer = null; // the last Jacobian
  let guidance = null;
  let serial = 0;
  let restTimer = 0;
  let isDrawing = false;
  let toPaint = []; // timings of the answers that the next frame shows

  // ---- what the pointer and the keys do

  function point(pixel, since) {
    if (state.asked && state.asked.row === pixel.row && state.asked.col === pixel.col) return;
    state.asked = pixel;
    FuseVis.live.want(pixel, since);
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
    point({
      row: Math.min(Math.max(row + down, 0), state.height - 1),
      col: Math.min(Math.max(col + right, 0), state.width - 1),
    });
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
    answer = message;
    state.pixel = { row: message.about.row, col: message.about.col };
    toPaint.push(timing);
    paintJacobian();
    FuseVis.readout.show(message.about, state.isPinned);
    liveScatter(true);
    draw();
  }

  /** A request failed: what is on the screen stays, and the same pixel can be asked for again. */
  function failed(error) {
    FuseVis.status.problem(error);
    state.asked = state.pixel;
  }

  /** A new pair or network: fetch its pictures, keep the pixel where it fits, start its guidance. */
  async function open(nextView, pixel) {
    const opened = view = nextView;
    stop();
    try {
      const message = await FuseVis.wire.ask("explore/images", { pair: view.pair, network: view.network });
      if (opened !== view) return;
      images = message.arrays;
    } catch (error) {
      if (opened === view) FuseVis.status.problem(error);
      return;
    }
    Object.assign(state, { width: view.width, height: view.height });
    pictures = Object.fromEntries(
      FuseVis.status.PICTURES.map((name) => [name, FuseVis.pictures.picture(view.width, view.height)]));
    showImages();
    FuseVis.status.label(panels, view, state.window);
    FuseVis.status.describe(view);
    FuseVis.readout.open(view.names);
    FuseVis.live.attach(view, answered, failed);
    point(inside(state.asked || pixel));
    followGuidance(opened);
  }

  /** Forget what belongs to the view before: nothing old may stand beside something new. */
  function stop() {
    FuseVis.live.attach(null);
    Object.assign(state, { width: 0, height: 0, pixel: null });
    state.last = state.asked || state.last;
    state.asked = state.published = null;
    state.isGuidanceDrawn = false;
    answer = guidance = images = null;
    pictures = {};
    toPaint = [];
    FuseVis.status.clear();
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
  async function followGuidance(opened) {
    let have = 0, total = 0;
    FuseVis.status.progress(have, total);
    while (opened === view && (have < total || total === 0)) {
      let message;
      try {
        message = await FuseVis.wire.ask("explore/guidance", { pair: opened.pair, network: opened.network, have });
      } catch (error) {
        if (opened === view) FuseVis.status.stuck(error.message);
        await pause(RETRY);
        continue;
      }
      if (opened !== view) return;
      const { about, arrays } = message;
      if (about.failure) return FuseVis.status.stuck(about.failure);
      ({ done: have, total } = about);
      if (arrays.first) takeGuidance(arrays, have === total);
      FuseVis.status.progress(have, total);
      if (have < total) await pause(SHARPEN);
    }
    if (opened === view) rest(); // the figures and the read-out's correlations follow, without a move
  }

  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

  function takeGuidance(arrays, isComplete) {
    serial += 1;
    guidance = {
      ...arrays, serial, isComplete,
      rangeX: FuseVis.scatter.range(arrays.first), rangeY: FuseVis.scatter.range(arrays.second),
    };
    paintGuidance();
    FuseVis.pictures.overlay(pictures.rgb, arrays.first, arrays.second, images.blue);
    draw();
  }

  // ---- painting

  const scaleOf = (arrays, gamma) => ({
    limit: FuseVis.colormap.limitOf(arrays, state.display), gamma, display: state.display, colormap: state.colormap,
  });

  function paintJacobian() {
    if (!answer) return;
    const { first, second } = answer.arrays;
    const scale = scaleOf([first, second], state.gamma1);
    const zero = FuseVis.colormap.colorOf(0, scale);
    for (const [name, values] of [["jacobian1", first], ["jacobian2", second]]) {
      FuseVis.pictures.spot(pictures[name], zero, answer.about, values.shape, (words, width) =>
        FuseVis.colormap.paint(values, scale, words, width, answer.about));
    }
    FuseVis.colormap.bar(document.getElementById("jacobian-bar"), scale);
  }

  function paintGuidance() {
    if (!guidance) return;
    const { first, second } = guidance;
    const scale = scaleOf([first, second], state.gamma2);
    for (const [name, values] of [["guidance1", first], ["guidance2", second]]) {
      FuseVis.colormap.paint(values, scale, pictures[name].words, pictures[name].width);
      pictures[name].show();
    }
    FuseVis.colormap.bar(document.getElementById("guidance-bar"), scale);
  }

  function showImages() {
    if (!images) return;
    for (const name of ["first", "second", "fused"]) {
      FuseVis.pictures.fill(pictures[name], (state.color && images[`${name}_color`]) || images[name]);
    }
  }

  /** Draw every panel in the next frame. */
  function draw() {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      for (const panel of panels) {
        if (panel.image === "scatter") {
          if (!panel.canvas.hidden) FuseVis.scatter.draw(panel, guidance, state);
        } else if (!panel.isZoom || state.zooms) {
          FuseVis.panels.draw(panel, shownPicture(panel), state);
        }
      }
      for (const timing of toPaint.splice(0)) FuseVis.live.painted(timing);
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
      pair: view.pair, network: view.network, row, col, window: state.window, gamma1: state.gamma1, ...displayed(),
    };
    state.typed = `${row},${col}`;
    dash_clientside.set_props("commit", { data });
    dash_clientside.set_props("row", { value: row, max: state.height - 1 });
    dash_clientside.set_props("col", { value: col, max: state.width - 1 });
    writeAddress(data);
    publishGuidance();
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
    document.getElementById("gamma1-shown").textContent = gamma1.toFixed(2);
    document.getElementById("gamma2-shown").textContent = gamma2.toFixed(2);
    if (view && images) {
      FuseVis.status.label(panels, view, state.window);
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
    new ResizeObserver(() => { draw(); paintGuidance(); paintJacobian(); }).observe(document.getElementById("panels"));
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
    if (state.isGuidanceDrawn) liveScatter(false);
  }

  /** The server's guidance figures have arrived; those of an older view are drawn over. */
  function drawn(found) {
    if (!found) return;
    state.isGuidanceDrawn = isOfView(found);
    if (!state.isGuidanceDrawn) state.published = null;
    rest();
  }

  return { state, point, pin, step, rest, open, configure, go, settle, drawn };
})();

window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.explore = {
  configure: (...values) => FuseVis.explore.configure(...values),
  open: (view, commit) => { if (view) FuseVis.explore.open(view, commit); },
  go: (row, col) => { FuseVis.explore.go(row, col); },
  settle: (found) => { FuseVis.explore.settle(found); },
  drawn: (found) => { FuseVis.explore.drawn(found); },
  colorless: (view) => Boolean(view) && !view.has_color,
};

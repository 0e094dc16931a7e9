/* The committed path of Explore: once nothing moves, the server and the address are told where the pixel is.

   What was lost on the way is asked for again, each time after twice as long: an answer that takes long must not be
   given up for a new question again and again, as Dash drops what it has asked before. */
window.FuseVis = window.FuseVis || {};

FuseVis.commits = (() => {
  "use strict";

  /** Milliseconds: without a move until a pixel is committed; until a correlation that takes long is asked for again;
      until an answer that has not come is. */
  const pace = { rest: 120, later: 3000, late: 6000 };

  let page = null;
  let restTimer = 0;
  let againTimer = 0;
  let serial = 0;
  let late = 0; // how long to wait for this answer

  /** `explore` is asked what is shown. */
  function attach(explore) {
    page = explore;
  }

  /** Commit the pixel once nothing has moved for a moment. */
  function rest() {
    late = pace.late;
    clearTimeout(restTimer);
    restTimer = setTimeout(commit, pace.rest);
  }

  /** Commit the same pixel again after a while, unless its answers have come by then. */
  function again(ms) {
    clearTimeout(againTimer);
    againTimer = setTimeout(commit, ms);
  }

  const isSame = (one, other) => one.row === other.row && one.col === other.col;

  function commit() {
    const { state } = page, { view, guidance } = page.shown();
    if (!view || !state.asked) return;
    // The answer is still on its way, the first one perhaps: what is given up now nobody begins again.
    if (!state.pixel || !isSame(state.pixel, state.asked)) return rest();
    const data = wordsOf(view, state);
    state.typed = `${data.row},${data.col}`;
    dash_clientside.set_props("row", { value: data.row, max: state.height - 1 });
    dash_clientside.set_props("col", { value: data.col, max: state.width - 1 });
    writeAddress(data, state);
    dash_clientside.set_props("commit", { data });
    FuseVis.scatterFigure.follow(data, guidance);
    FuseVis.enlarged.follow(data, guidance);
    again(late);
    late *= 2;
  }

  function wordsOf({ pair, network }, { pixel, window: side, gamma1, gamma2, display, colormap, color, light }) {
    serial += 1;
    return {
      pair, network, row: pixel.row, col: pixel.col, window: side, gamma1, gamma2, display, colormap, color, light, serial,
    };
  }

  function writeAddress({ pair, network, row, col, window: side, gamma1, gamma2, display, colormap }, state) {
    const flag = (value) => (value ? "1" : "0");
    const words = new URLSearchParams({
      pair, network, row, col, window: side, gamma1, gamma2, display, colormap, manner: state.manner,
      color: flag(state.color), zooms: flag(state.zooms), light: flag(state.light),
    });
    history.replaceState(history.state, "", `?${words}`);
  }

  /** The read-out of a committed pixel has arrived; that of another pixel or window is of no use. */
  function settle(found) {
    const { state } = page, { view, guidance } = page.shown();
    if (!found || !view || !state.pixel || !isSame(found, state.pixel)) return;
    if (found.pair !== view.pair || found.network !== view.network || found.window !== state.window) return;
    clearTimeout(againTimer);
    FuseVis.readout.correlate(found.correlation);
    if (!guidance || !guidance.isComplete) return; // followed by a commit once it is
    if (!found.correlation) page.sharpen(); // the server holds it no more
    if (!found.correlation || !found.correlation.all) again(pace.later);
    else if (!FuseVis.scatterFigure.isCurrent()) again(pace.late);
  }

  return { attach, rest, settle, pace };
})();

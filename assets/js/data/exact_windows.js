/* Large images: panels hold as much as the screen can show, zooms the exact window. See dashboard/imaging/downsampling.py. */
window.FuseVis = window.FuseVis || {};

FuseVis.detail = (() => {
  "use strict";

  const LEAST = 96; // pixels a side of an exact window: small moves need no new one
  const ROOM = 24; // pixels around what the zooms show
  const LARGEST = 512; // as in dashboard/pages/explore/routes.py

  /** The largest side of a whole panel, in pixels of the screen. */
  function side() {
    const plots = [...document.querySelectorAll(".panel.whole[data-image] .plot")];
    const largest = Math.max(...plots.map((plot) => Math.max(plot.clientWidth, plot.clientHeight)));
    return Math.max(Math.round(largest * (window.devicePixelRatio || 1)), 64);
  }

  /** What fetches the exact windows of one view. */
  function follower() {
    let view = null;
    let onWindow = null;
    let onProblem = null;
    let wanted = null;
    let isAsking = false;
    let latest = null; // the exact window at hand
    let newest = 0; // passes of guidance that it should hold

    /** Fetch the exact windows of `nextView` ({key, words, path}) from now on; `shown` is told of each, `failed` of
        what does not come. Null: there is no need. */
    function attach(nextView, shown, failed) {
      view = nextView;
      onWindow = shown;
      onProblem = failed;
      wanted = latest = null;
      newest = 0;
    }

    /** Have an exact window that holds what the zooms show around the state's pixel. */
    function follow({ pixel, window: shown, width, height }) {
      if (!view || !pixel) return;
      const half = Math.floor(shown / 2);
      const seen = {
        top: Math.max(pixel.row - half, 0), bottom: Math.min(pixel.row + half + 1, height),
        left: Math.max(pixel.col - half, 0), right: Math.min(pixel.col + half + 1, width),
      };
      if (holds(latest, seen)) return;
      wanted = { ...pixel, side: Math.min(Math.max(shown + 2 * ROOM, LEAST), LARGEST) };
      if (!isAsking) next();
    }

    /** Guidance has become sharper: the window is out of date. */
    function sharpened(done, state) {
      newest = done;
      follow(state);
    }

    function holds(message, { top, bottom, left, right }) {
      if (!message || message.about.done < newest) return false;
      const { about, arrays: { fused } } = message;
      const [rows, cols] = fused.shape;
      return about.top <= top && about.left <= left && about.top + rows >= bottom && about.left + cols >= right;
    }

    async function next() {
      isAsking = true;
      while (wanted) {
        const asked = view, words = { ...view.words, ...wanted };
        wanted = null;
        try {
          const message = await FuseVis.wire.ask(view.path, words);
          if (asked !== view || message.about.key !== view.key) continue;
          latest = message;
          newest = Math.min(newest, message.about.done);
          onWindow(message);
        } catch (error) {
          if (asked === view) onProblem(error.message); // zooms stay coarse until the next move
        }
      }
      isAsking = false;
    }

    return { attach, follow, sharpened };
  }

  /** The strongest value, with its sign, of every block of `step` × `step` pixels of a window at `at`. */
  function strongest(values, at, step) {
    const [rows, cols] = values.shape;
    const top = Math.floor(at.top / step), left = Math.floor(at.left / step);
    const shape = [Math.ceil((at.top + rows) / step) - top, Math.ceil((at.left + cols) / step) - left];
    const found = new Float32Array(shape[0] * shape[1]);
    for (let row = 0; row < rows; row += 1) {
      const start = (Math.floor((at.top + row) / step) - top) * shape[1] - left;
      for (let col = 0; col < cols; col += 1) {
        const value = values[row * cols + col], place = start + Math.floor((at.left + col) / step);
        if (Math.abs(value) > Math.abs(found[place])) found[place] = value;
      }
    }
    return { values: Object.assign(found, { shape }), top, left };
  }

  /** A picture of a window alone, to be drawn over a coarse one; `fill` writes its pixels. */
  function patch(shape, at, fill) {
    const [rows, cols] = shape;
    const made = FuseVis.pictures.picture(cols, rows);
    fill(made);
    return { canvas: made.canvas, top: at.top, left: at.left };
  }

  /** What a reader has to know of a reduced panel. */
  const note = (step) => (step > 1
    ? `panels show blocks of ${step} × ${step} pixels: pictures their mean, derivatives the strongest; `
      + "zooms, figures at the pixel and correlations are exact"
    : "");

  return { side, follower, strongest, patch, note };
})();

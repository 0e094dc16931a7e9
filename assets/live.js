/* The request loop under the pointer: one in flight, the latest position wins, stale answers are dropped. */
window.FuseVis = window.FuseVis || {};

FuseVis.live = (() => {
  "use strict";

  const KEPT = 4096;
  /** When each pixel was pointed at, asked for, answered and painted (ms of performance.now), for benchmarks. */
  const timings = [];

  let view = null; // what pixels are asked of; a new one makes every older answer stale
  let wanted = null;
  let isAsking = false;
  let onAnswer = null;
  let onProblem = null;

  /** Ask the following pixels of `nextView` ({pair, network}); null until there is one again. */
  function attach(nextView, answered, failed) {
    view = nextView;
    wanted = null;
    onAnswer = answered;
    onProblem = failed;
  }

  /** Want the Jacobian of a pixel; `since` is when it was pointed at. */
  function want(pixel, since = performance.now()) {
    wanted = { ...pixel, since };
    if (!isAsking) next();
  }

  async function next() {
    isAsking = true;
    while (wanted) {
      const pixel = wanted, asked = view;
      wanted = null;
      const timing = { row: pixel.row, col: pixel.col, event: pixel.since, sent: performance.now() };
      try {
        const words = { pair: asked.pair, network: asked.network, row: pixel.row, col: pixel.col };
        const answer = await FuseVis.wire.ask("explore/jacobian", words);
        timing.received = performance.now();
        timing.server = answer.about.milliseconds;
        if (asked === view) onAnswer(answer, timing);
      } catch (error) {
        if (asked === view) onProblem(error);
      }
    }
    isAsking = false;
  }

  /** Note that an answer stands on the screen. */
  function painted(timing) {
    timing.painted = performance.now();
    timings.push(timing);
    if (timings.length > KEPT) timings.shift();
  }

  return { attach, want, painted, timings };
})();

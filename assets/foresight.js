/* Where will the pointer be at its next move? A guess from its last moves, for what is asked for ahead. */
window.FuseVis = window.FuseVis || {};

FuseVis.foresight = (() => {
  "use strict";

  const PAUSE = 100; // ms after which the moves before say nothing
  const REACH = 1.5; // screen pixels around the guess that may be meant as well
  const SLOW = 3; // screen pixels from move to move above which guesses miss more often than they pay

  /** A guesser of its own; `next(x, y, time)` takes a move and gives the likeliest points of the next one, none
      for a fast pointer. */
  function guesser() {
    let moves = [];

    function next(x, y, time) {
      const last = moves.at(-1);
      if (last && time - last.time > PAUSE) moves = [];
      moves = [...moves.slice(-2), { x, y, time }];
      const isFast = last && Math.hypot(x - last.x, y - last.y) > SLOW;
      return isFast ? [] : around(guess("x"), guess("y"));
    }

    /** One step more at the last pace, which is half led by the change from the step before. */
    function guess(axis) {
      const [now, before, first] = moves.map((each) => each[axis]).reverse();
      if (before === undefined) return now;
      const change = first === undefined ? 0 : now - 2 * before + first;
      return now + (now - before) + change / 2;
    }

    return { next };
  }

  /** The screen's pixels near a point, the nearest first. */
  function around(x, y) {
    const found = [];
    for (let col = Math.ceil(x - REACH); col <= x + REACH; col += 1) {
      for (let row = Math.ceil(y - REACH); row <= y + REACH; row += 1) {
        found.push({ x: col, y: row, far: Math.hypot(col - x, row - y) });
      }
    }
    return found.sort((one, other) => one.far - other.far);
  }

  return { guesser };
})();

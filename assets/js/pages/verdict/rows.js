/* The rows of Verdict: asked for again while any is open. One question at a time: Dash drops an answer that a newer one overtakes. */

const AGAIN = 400; // ms after an answer
const LOST = 30000; // ms after which an answer is not waited for any more

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

function tick() {
  if (!document.getElementById("verdict-rows")) return;
  timer = setTimeout(tick, LOST);
  dash_clientside.set_props("verdict-tick", { data: performance.now() });
}

/** Called with every answer; null: nothing is open.
    @type {(waits: number[] | null) => void} */
export function again(waits) {
  clearTimeout(timer);
  if (waits) timer = setTimeout(tick, AGAIN);
}

/* Guidance as it sharpens: asked for when the server says it is worth while, until it is finished. */
import * as farewell from "./farewell.js";
import * as wire from "./wire.js";

const RETRY = 3000; // ms until guidance is asked for again after a request failed

/** This page: the server gives up what it asked for before as soon as it asks for something else. */
export const page = crypto.getRandomValues(new Uint32Array(2)).join("-");

/** When the first picture of this page came (ms since navigation), for benchmarks.
    @type {{ first: number | null }} */
export const shown = { first: null };

/** Per cent of the largest value by which guidance may be off where an exact one takes a pass for each pixel. */
export const allowed = { percent: 10 };

/** @type {Set<string>} */
const watchers = new Set(); // who of this page may still be waited for by the server

/** @type {(ms: number) => Promise<void>} */
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Follow a view's guidance while `isCurrent()`; `show` is given what arrives, `report` says how far it is. True
    once it is finished and exact. A `watcher` looks at one view at a time: a page that shows several has one for each.
    @type {(view: { pair: string, network: string }, side: number, isCurrent: () => boolean, show: (arrays: any, about: any, isComplete: boolean) => void, report: GuidanceReport, watcher?: string) => Promise<boolean>} */
export async function follow(view, side, isCurrent, show, report, watcher = page) {
  let have = 0, total = 0, again = {};
  watchers.add(watcher);
  window.addEventListener("pagehide", leaveAll);
  report.progress(have, total);
  while (isCurrent() && (have < total || total === 0)) {
    let message;
    const words = { pair: view.pair, network: view.network, have, side, page: watcher, percent: allowed.percent, ...again };
    try {
      message = await wire.ask("explore/guidance", words);
    } catch (error) {
      if (isCurrent()) report.stuck(error.message);
      await pause(RETRY);
      continue;
    }
    if (!isCurrent()) return false;
    again = {};
    const { about, arrays } = message;
    if (about.failure) {
      await report.offered(about.failure, "Try again");
      again = { retry: 1 };
      continue;
    }
    ({ done: have, total } = about);
    if (arrays.first && shown.first === null) shown.first = performance.now();
    const isOver = total > 0 && have === total;
    if (arrays.first) show(arrays, about, isOver && !about.error);
    report.progress(about.passes, total, about);
    if (isOver && about.error) return false;
    if (!isOver) await pause(1000 * about.again);
  }
  return isCurrent();
}

/** A watcher looks at nothing any more.
    @type {(watcher: string) => void} */
export function leave(watcher) {
  watchers.delete(watcher);
  farewell.leave(watcher);
}

const leaveAll = () => watchers.forEach(leave);

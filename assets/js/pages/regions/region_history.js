/* Regions that were there before, so that a change can be undone; and those that were kept under a name. */
import { recallList, remember } from "../../components/remembered.js";

const MOST = 50; // regions that can be gone back to
const KEPT = "fusevis.regions", MOST_KEPT = 30; // in localStorage

/** `waiting` are regions that the server was asked for and has not drawn or refused yet.
    @typedef {{ past: string[], now: string, future: string[], waiting: string[] }} History
    @typedef {{ name: string, words: string }} Kept */

/** Nothing was drawn yet.
    @type {() => History} */
export const begun = () => ({ past: [], now: "", future: [], waiting: [] });

/** Another region is there, whoever chose it.
    @type {(history: History, words: string) => History} */
export const changed = (history, words) =>
  (words === history.now ? history : { ...history, past: [...history.past, history.now].slice(-MOST), now: words, future: [] });

/** The server is asked for the region that is now; what comes next builds on it already.
    @type {(history: History) => History} */
export const asked = (history) => ({ ...history, waiting: [...history.waiting, history.now] });

/** The server has drawn a region in place of the one `before`: one that was asked for, or one from elsewhere.
    @type {(history: History, words: string, before: string) => History} */
export const answered = (history, words, before) => {
  const place = history.waiting.lastIndexOf(words);
  if (place >= 0) return { ...history, waiting: history.waiting.slice(place + 1) };
  return words === before ? history : changed(history, words);
};

/** The server has refused what it was asked for; in the list it stays, as in the field where it is typed.
    @type {(history: History) => History} */
export const refused = (history) => ({ ...history, waiting: [] });

/** One back, as far as there is one.
    @type {(history: History) => History} */
export const undone = ({ past, now, future, waiting }) => (past.length
  ? { past: past.slice(0, -1), now: past[past.length - 1], future: [now, ...future], waiting }
  : { past, now, future, waiting });

/** And one forward again.
    @type {(history: History) => History} */
export const redone = ({ past, now, future, waiting }) => (future.length
  ? { past: [...past, now], now: future[0], future: future.slice(1), waiting }
  : { past, now, future, waiting });

/** The list with a region under a name, in place of one that was called so.
    @type {(all: Kept[], name: string, words: string) => Kept[]} */
export const withKept = (all, name, words) => [...all.filter((each) => each.name !== name), { name, words }].slice(-MOST_KEPT);

/** What this browser has kept; nothing where it keeps nothing.
    @type {() => Kept[]} */
export const kept = () => recallList(KEPT).filter((each) => typeof each?.name === "string" && typeof each.words === "string");

/** @type {(all: Kept[]) => void} */
export const keep = (all) => remember(KEPT, JSON.stringify(all));

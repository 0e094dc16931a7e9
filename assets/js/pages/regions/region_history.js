/* Regions that were there before, so that a change can be undone; and those that were kept under a name. */

const MOST = 50; // regions that can be gone back to
const KEPT = "fusevis.regions", MOST_KEPT = 30; // in localStorage

/** @typedef {{ past: string[], now: string, future: string[] }} History
    @typedef {{ name: string, words: string }} Kept */

/** Nothing was drawn yet.
    @type {() => History} */
export const begun = () => ({ past: [], now: "", future: [] });

/** Another region is there, whoever chose it.
    @type {(history: History, words: string) => History} */
export const changed = ({ past, now, future }, words) =>
  (words === now ? { past, now, future } : { past: [...past, now].slice(-MOST), now: words, future: [] });

/** One back, as far as there is one.
    @type {(history: History) => History} */
export const undone = ({ past, now, future }) =>
  (past.length ? { past: past.slice(0, -1), now: past[past.length - 1], future: [now, ...future] } : { past, now, future });

/** And one forward again.
    @type {(history: History) => History} */
export const redone = ({ past, now, future }) =>
  (future.length ? { past: [...past, now], now: future[0], future: future.slice(1) } : { past, now, future });

/** The list with a region under a name, in place of one that was called so.
    @type {(all: Kept[], name: string, words: string) => Kept[]} */
export const withKept = (all, name, words) => [...all.filter((each) => each.name !== name), { name, words }].slice(-MOST_KEPT);

/** What this browser has kept; nothing where it keeps nothing.
    @type {() => Kept[]} */
export function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(found) ? found.filter(({ name, words }) => typeof name === "string" && typeof words === "string") : [];
  } catch {
    return [];
  }
}

/** @type {(all: Kept[]) => void} */
export function keep(all) {
  try { localStorage.setItem(KEPT, JSON.stringify(all)); } catch { /* they last until the page is left */ }
}

/* Which drops this browser lists: their secrets, which it alone knows, kept until they are removed. */
import { recallList, remember } from "../components/remembered.js";

/** @typedef {{ drop: string, number: number }} OwnDrop */

const KEPT = "fusevis.drops"; // name in localStorage
const MOST = 64;

/** @type {Set<string>} */
const linked = new Set(); // of a link that was opened here: listed as long as the page is open

/** @type {OwnDrop[] | null} */
let own = null;

/** What was dropped here, the latest last.
    @type {() => OwnDrop[]} */
function all() {
  own ??= recalled();
  return own;
}

/** @type {() => OwnDrop[]} */
const recalled = () => recallList(KEPT).filter((each) => typeof each?.drop === "string" && Number.isInteger(each.number));

/** @type {(drops: OwnDrop[]) => void} */
function keep(drops) {
  own = drops.slice(-MOST);
  remember(KEPT, JSON.stringify(own));
}

/** The number that the next one is called by.
    @type {() => number} */
export const nextNumber = () => Math.max(0, ...all().map(({ number }) => number)) % 9999 + 1;

/** @type {(drop: string, number: number) => void} */
export const add = (drop, number) => keep([...all(), { drop, number }]);

/** @type {(drop: string) => void} */
export function remove(drop) {
  linked.delete(drop);
  keep(all().filter((each) => each.drop !== drop));
}

/** Keep those alone that the server still has.
    @type {(here: Set<string>) => void} */
export function prune(here) {
  if (all().some(({ drop }) => !here.has(drop))) keep(all().filter(({ drop }) => here.has(drop)));
}

/** The secrets of what is to be listed, for the words of an address.
    @type {() => string} */
export const listed = () => [...new Set([...all().map(({ drop }) => drop).reverse(), ...linked])].join(",");

/** List what a link leads to, too; whether that is new.
    @type {(pair: string) => boolean} */
export function isNewLink(pair) {
  const drop = /^drop-([^/]+)\//.exec(pair)?.[1] ?? "";
  if (!drop || linked.has(drop) || all().some((each) => each.drop === drop)) return false;
  linked.add(drop);
  return true;
}

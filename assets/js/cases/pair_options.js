/* What the choice of pairs offers of a list that may be long: cases, the slices about the one that is shown, and what a
   search finds. */
import { isChanged, plainId } from "../components/pair_changes.js";
import { caseAt, isFound, searched } from "./case_list.js";

/** @typedef {import("./case_list.js").Entry} Entry */
/** @typedef {{ value: string, label: string, searched?: string, disabled?: boolean }} Option */
/** @typedef {{ group: string, items: Option[] }} Group */

const MOST = 150; // cases, slices or found ones

/** The choice for a pair that is shown, and for what is searched; the pair is always in it.
    @type {(entries: Entry[], places: Map<string, number>, pair: string, query: string) => Group[]} */
export function offered(entries, places, pair, query) {
  const place = places.get(plainId(pair)) ?? -1;
  const items = query ? foundItems(entries, place, query) : caseItems(entries, place);
  /** @type {Map<string, Option[]>} */
  const groups = new Map();
  for (const { at, label } of items) {
    const { id, collection, path } = entries[at], group = groups.get(collection) ?? [];
    groups.set(collection, group);
    group.push({ value: id, label: label ?? path, searched: searched(entries[at]) });
    if (at === place && isChanged(pair)) group.push({ value: pair, label: `${path} · changed`, searched: searched(entries[at]) });
  }
  return [...groups].map(([group, options]) => ({ group, items: options }));
}

/** @typedef {{ at: number, label?: string }} Item */

/** @type {(entries: Entry[], place: number, query: string) => Item[]} */
function foundItems(entries, place, query) {
  /** @type {Item[]} */
  const items = [];
  for (let at = 0; at < entries.length && items.length < MOST; at += 1) if (isFound(searched(entries[at]), query)) items.push({ at });
  if (place >= 0 && !items.some(({ at }) => at === place)) items.push({ at: place });
  return items.sort((one, other) => one.at - other.at);
}

/** Each case once, but for slices about the one that is shown, and cases far from it.
    @type {(entries: Entry[], place: number) => Item[]} */
function caseItems(entries, place) {
  /** @type {[number, number][]} */
  const cases = [];
  for (let at = 0; at < entries.length; at = cases[cases.length - 1][1] + 1) cases.push(caseAt(entries, at));
  const here = Math.max(cases.findIndex(([first, last]) => first <= place && place <= last), 0), [start, end] = about(here, 0, cases.length - 1);
  return cases.slice(start, end + 1).flatMap(([first, last]) => (first <= place && place <= last ? slices(place, first, last) : [whole(entries, first, last)]));
}

/** @type {(place: number, first: number, last: number) => Item[]} */
function slices(place, first, last) {
  const [start, end] = about(place, first, last);
  return Array.from({ length: end - start + 1 }, (_, at) => ({ at: start + at }));
}

/** A case as one item, which opens the slice that N would.
    @type {(entries: Entry[], first: number, last: number) => Item} */
function whole(entries, first, last) {
  if (first === last) return { at: first };
  const { collection, case: name } = entries[first], at = entries[first].isVolume ? Math.ceil((first + last) / 2) : first;
  return { at, label: `${collection} / ${name} · ${last - first + 1} slices` };
}

/** As many places as are offered about one.
    @type {(place: number, first: number, last: number) => [number, number]} */
function about(place, first, last) {
  const start = Math.max(first, Math.min(place - MOST / 2, last - MOST + 1));
  return [start, Math.min(last, start + MOST - 1)];
}

/** Whether a choice has a pair by its own name, and more than the one that the page came with.
    @type {(data: Group[], entries: Entry[], places: Map<string, number>, pair: string) => boolean} */
export function holds(data, entries, places, pair) {
  const options = data.flatMap(({ items }) => items), entry = entries[places.get(plainId(pair)) ?? -1];
  const changed = options.filter(({ value }) => isChanged(value)).map(({ value }) => value);
  if (String(changed) !== (isChanged(pair) ? pair : "")) return false;
  return options.length >= Math.min(entries.length, 2) && options.some(({ value, label }) => value === pair && (isChanged(pair) || label === entry?.path));
}

/** What is typed into a choice that says the name of its pair until then; nothing where nothing is.
    @type {(data: Group[], pair: string, text: string) => string} */
export function typedQuery(data, pair, text) {
  const label = data.flatMap(({ items }) => items).find(({ value }) => value === pair)?.label;
  return text && text !== label ? text : "";
}

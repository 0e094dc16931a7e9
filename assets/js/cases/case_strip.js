/* The case browser at the left of every page. The page's own choice of a pair decides; this shows it and sets it. */
import * as address from "../components/address.js";
import { byId, make, put } from "../components/elements.js";
import { changesOf, plainId } from "../components/pair_changes.js";
import { recall, remember } from "../components/remembered.js";
import * as caseKeys from "./case_keys.js";
import { caseAfter, caseAt, endOf, isSameCase, sliceAfter } from "./case_list.js";
import * as caseThumbnails from "./case_thumbnails.js";
import * as changedPair from "./changed_pair.js";
import * as dropUpload from "./drop_upload.js";
import * as fileDrop from "./file_drop.js";
import * as neighbours from "./neighbours.js";
import * as ownDrops from "./own_drops.js";
import { holds, offered } from "./pair_options.js";
import * as sliceOrigin from "./slice_origin.js";
import * as slicePair from "./slice_pair.js";

/** @typedef {import("./case_list.js").Entry} Entry */

const PACE = 150; // ms between two pairs that are shown while a key is held
const ROOM = 1600; // pixels of a screen that leaves the strip open where nobody has chosen
const OPEN = "fusevis.strip", LAST = "fusevis.pair"; // names in localStorage
/** @type {Record<string, string>} */
const STOPPED = { "1": "This is the last slice of its case; N goes to the next case.", "-1": "This is the first slice of its case; P goes to the case before." };

/** @type {Entry[]} */
let entries = [];
/** @type {Map<string, number>} */
let places = new Map(); // by id
let place = -1; // of the entry that is marked
let shown = ""; // the pair that the page shows
/** @type {any} */
let parts = null; // of the strip
/** @type {Promise<void> | null} */
let begun = null;
/** @type {string[]} */
let networks = [];
/** @type {import("./pair_options.js").Group[]} */
let given = []; // to the choice of pairs
let asked = ""; // of the choice
let chosen = 0; // when a pair was last set, ms
let timer = 0;
/** @type {(pair: string) => Promise<void>} */
let showFirst = () => Promise.resolve(); // by the page, before its choice is set
/** @type {object | null} */
let setting = null; // the latest pair that is set
let written = ""; // the one that the choice was given last
/** The address named no pair when the page was opened. */
let isUnasked = !address.words().get("pair");

// ---- called by Dash

/** The page shows a pair through these networks, or is about to.
    @type {(pair: string, inView: string | string[]) => Promise<void>} */
export async function follow(pair, inView) {
  if (!document.getElementById("case-strip")) return;
  await listFor(pair);
  if (isUnasked && resumed(pair)) return;
  changedPair.tell(pair, set);
  const named = [inView || []].flat();
  if (String(named) !== String(networks)) {
    networks = named;
    caseThumbnails.mark(parts.list, networks, ownDrops.listed());
  }
  const plain = plainId(pair);
  shown = pair;
  if (!places.has(plain)) return;
  sliceOrigin.tell(pair, Boolean(entries[/** @type {number} */ (places.get(plain))].isVolume));
  if (!timer) show(/** @type {number} */ (places.get(plain)));
  remember(LAST, plain);
  neighbours.tell(parts.standing, pair, networks);
  neighbours.openAhead([1, -1].map((by) => sliceAfter(entries, place, by)).filter((each) => each !== place).map((each) => entries[each].id), networks, filled);
}

/** Wait until the list of cases is here; a pair that was dropped elsewhere, and whose link was opened, is among them.
    @type {(pair: string) => Promise<void>} */
export async function listFor(pair) {
  begun ??= begin(byId("case-strip"));
  if (ownDrops.isNewLink(pair)) begun = begun.then(load);
  await begun;
}

/** What is open by now has thumbnails: the slices about the place, which are of one volume in all planes.
    @type {() => void} */
function filled() {
  const isNear = (/** @type {number} */ at) => entries[at]?.isVolume && entries[at].collection === entries[place].collection;
  let first = place, last = place;
  while (isNear(first - 1)) first -= 1;
  while (isNear(last + 1)) last += 1;
  caseThumbnails.retry(parts.list, first, last);
}

/** Go on where one was, if the address does not say where; whether that is another pair than is shown.
    @type {(pair: string) => boolean} */
function resumed(pair) {
  isUnasked = false;
  const last = recall(LAST) ?? pair;
  if (last === pair || !places.has(last)) return false;
  set(last);
  return true;
}

// ---- parts

/** @type {(strip: HTMLElement) => Promise<void>} */
async function begin(strip) {
  const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ onclick) =>
    make("button", { type: "button", text, title, "aria-label": title, onclick });
  const fold = button("Cases", "Fold or unfold the list of cases", () => toggle(!isOpen()));
  const back = button("▲", "Previous slice (PageUp)", () => move("slice", -1));
  const on = button("▼", "Next slice (PageDown)", () => move("slice", 1));
  const where = make("p", { class: "strip-where" });
  const field = make("input", { type: "search", placeholder: "Search, e.g. mri_pet/25", "aria-label": "Search the cases", spellcheck: "false" });
  const note = make("p", { class: "strip-note", role: "status" });
  const list = make("div", { class: "strip-list", role: "group", "aria-label": "List of cases" });
  const standing = make("div", { class: "strip-standing" });
  const key = make("p", { class: "strip-key", text: "● learned from · ○ unseen · ◇ generated · ▤ volume" });
  fold.className = "strip-fold";
  parts = { where, fold, search: field, note, list, standing };
  const files = fileDrop.attach(strip, opened);
  strip.prepend(make("header", {}, fold, back, on), where, make("div", { class: "strip-body" }, field, note, list, standing, key, files));
  toggle((recall(OPEN) ?? String(innerWidth >= ROOM)) === "true");
  listen(strip);
  caseThumbnails.keepInSight(list);
  await load();
}

async function load() {
  try {
    const response = await fetch(`cases?${new URLSearchParams({ drops: ownDrops.listed() })}`);
    entries = await response.json();
  } catch {
    put(parts.note, "The server does not answer; is it still running?");
    return;
  }
  places = new Map(entries.map(({ id }, at) => [id, at]));
  ownDrops.prune(new Set(entries.map(({ drop }) => drop ?? "")));
  caseThumbnails.fill(parts.list, entries, forget);
  if (networks.length) caseThumbnails.mark(parts.list, networks, ownDrops.listed());
  place = -1; // others stand before it now
  given = [];
  if (places.has(plainId(shown))) show(/** @type {number} */ (places.get(plainId(shown))));
}

/** List what was dropped, and open its first pair.
    @type {(drop: string) => Promise<void>} */
async function opened(drop) {
  await load();
  const first = entries.findIndex((entry) => entry.drop === drop), [, last] = first < 0 ? [] : caseAt(entries, first);
  if (last === undefined) return;
  parts.search.value = "";
  set(entries[entries[first].isVolume ? Math.ceil((first + last) / 2) : first].id);
}

/** Remove a drop; what is shown of it gives way to another pair before.
    @type {(drop: string) => Promise<void>} */
async function forget(drop) {
  const other = entries[place]?.drop === drop && entries.find((entry) => entry.drop !== drop);
  ownDrops.remove(drop);
  await load(); // nothing of it is opened ahead from now on
  set(other ? other.id : shown);
  await dropUpload.remove(drop);
}

/** @type {(strip: HTMLElement) => void} */
function listen(strip) {
  caseKeys.attach(move);
  for (const kind of ["focusin", "click"]) document.addEventListener(kind, ({ type, target }) => {
    if (!(target instanceof HTMLInputElement) || !controls().includes(target.id)) return;
    // A choice from the list leaves the focus where it was; what is being typed is edited.
    if (type === "focusin" || target.value === entries[place]?.path) selectAll({ target });
  });
  for (const event of ["focus", "click"]) parts.search.addEventListener(event, selectAll);
  parts.search.addEventListener("input", search);
  strip.addEventListener("click", (event) => {
    const found = event.target instanceof Element && event.target.closest("button[data-place]");
    if (!(found instanceof HTMLElement)) return;
    if (event.shiftKey && place >= 0) beside(Number(found.dataset.place));
    else choose(Number(found.dataset.place));
  });
  strip.addEventListener("keydown", typed);
}

// ---- search

/** Typing replaces what was searched before, unless a part of it has been marked.
    @type {(event: { target: EventTarget | null }) => void} */
function selectAll({ target }) {
  const field = /** @type {HTMLInputElement} */ (target);
  if (field.selectionStart === field.selectionEnd) field.select();
}

function search() {
  const query = parts.search.value.trim(), count = caseThumbnails.filter(parts.list, query);
  put(parts.note, !query ? "" : count ? `${count} found` : `Nothing found for “${query}”`);
  if (!query && place >= 0) caseThumbnails.current(parts.list, place);
}

/** Keys inside the strip: they move the focus, and no pixel.
    @type {(event: KeyboardEvent) => void} */
function typed(event) {
  const { key, target } = event, isSearch = target === parts.search;
  if (key.startsWith("Arrow")) event.stopPropagation();
  if (key === "Escape" && parts.search.value) {
    event.stopPropagation(); // the next one releases the pixel
    parts.search.value = "";
    search();
    return;
  }
  if (isSearch && key === "Enter") { take(caseThumbnails.shown(parts.list)[0]); return; }
  const by = key === "ArrowDown" || (key === "ArrowRight" && !isSearch) ? 1 : key === "ArrowUp" || (key === "ArrowLeft" && !isSearch) ? -1 : 0;
  if (!by) return;
  const buttons = caseThumbnails.shown(parts.list), here = buttons.indexOf(/** @type {HTMLElement} */ (target));
  const next = isSearch ? buttons[0] : here < 0 ? null : buttons[here + by];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** Open what a search found first; it has the focus from now on, so that PageDown goes on from it.
    @type {(found: HTMLElement | undefined) => void} */
function take(found) {
  found?.click();
  found?.focus({ preventScroll: true });
}

/** Another slice beside the one that is shown, through the first network in view.
    @type {(other: number) => void} */
function beside(other) {
  slicePair.open(entries[place], entries[other], networks[0], (from, by) => {
    const at = places.get(from.id) ?? other, next = sliceAfter(entries, at, by);
    return next === at ? null : entries[next];
  });
}

// ---- moving

/** @type {(way: "slice" | "case" | "end", by: number) => void} */
function move(way, by) {
  if (place < 0) return;
  const next = { slice: sliceAfter, case: caseAfter, end: endOf }[way](entries, place, by);
  if (next !== place) choose(next);
  else if (way === "slice") put(parts.note, stopped(by));
}

/** @type {(by: number) => string} */
function stopped(by) {
  const [first, last] = caseAt(entries, place);
  return first === last ? "There is no further case." : STOPPED[Math.sign(by)];
}

/** Mark an entry at once, and let the page show it: while a key is held, not each one on the way.
    @type {(next: number) => void} */
function choose(next) {
  show(next);
  clearTimeout(timer);
  const left = chosen + PACE - performance.now();
  if (left <= 0) set(carried(next));
  else timer = setTimeout(() => set(carried(next)), left);
}

/** The id of an entry, changed as the pair that is shown where that is moved and of the same case: what is not registered
    in one slice is not in the next one. Elsewhere it is another patient's.
    @type {(next: number) => string} */
function carried(next) {
  const { id } = entries[next], plain = plainId(shown), from = entries[places.get(plain) ?? -1];
  return from && isSameCase(from, entries[next]) && changesOf(shown).move ? `${id}${shown.slice(plain.length)}` : id;
}

/** The page shows a pair before its choice is set to it; it answers once it does, or soon where that takes long.
    @type {(opens: (pair: string) => Promise<void>) => void} */
export function showsFirst(opens) {
  showFirst = opens;
}

/** @type {(pair: string) => Promise<void>} */
async function set(pair) {
  const mine = setting = {};
  timer = 0;
  chosen = performance.now();
  follow(pair, networks);
  await showFirst(pair);
  const control = controls().find((id) => document.getElementById(id));
  // A choice that is given others to offer empties itself unless its pair is among them: both go together, behind what is
  // about to be given.
  if (control) setTimeout(() => mine === setting && write(control, pair));
}

/** @type {(control: string, pair: string) => void} */
function write(control, pair) {
  written = pair;
  dash_clientside.set_props(control, { value: pair, ...(offers(pair) && { data: given }) });
}

/** The choice holds a pair now. One that somebody has chosen there takes the place of what is on its way from here.
    @type {(pair: string) => void} */
export function chosenThere(pair) {
  if (pair === shown || pair === written) return;
  clearTimeout(timer);
  timer = 0;
  setting = null;
}

/** Whether the choice has to be given others to offer; what these are is `given`.
    @type {(pair: string, query?: string) => boolean} */
export function offers(pair, query = "") {
  if (!places.has(plainId(pair)) || (query === asked && holds(given, entries, places, pair))) return false;
  asked = query;
  given = offered(entries, places, pair, query);
  return true;
}

/** What the choice of pairs was last given. */
export const lastGiven = () => given;

/** The ids under which the pages choose a pair.
    @type {() => string[]} */
const controls = () => byId("case-strip").dataset.controls.split(" ");

/** @type {(next: number) => void} */
function show(next) {
  const isOther = place < 0 || !isSameCase(entries[place], entries[next]);
  if (next === place) return;
  place = next;
  const { path } = entries[place];
  put(parts.where, path);
  parts.where.title = path;
  put(parts.note, isOther && parts.search.value ? parts.note.textContent : "");
  if (!caseThumbnails.isShown(parts.list, place)) parts.search.value = ""; // one has gone on from what was found
  if (!parts.search.value) caseThumbnails.filter(parts.list, "");
  caseThumbnails.current(parts.list, place);
}

// ---- folded or not

const isOpen = () => document.documentElement.classList.contains("strip-open");

/** @type {(isNowOpen: boolean) => void} */
function toggle(isNowOpen) {
  document.documentElement.classList.toggle("strip-open", isNowOpen);
  parts.fold.setAttribute("aria-expanded", String(isNowOpen));
  remember(OPEN, String(isNowOpen));
  if (isNowOpen && place >= 0) caseThumbnails.current(parts.list, place);
}

/* The list of cases without its looks: which entry comes next, and which ones a search finds. */

/** @typedef {{ id: string, collection: string, case: string, slice: string, path: string, isGenerated: boolean, isVolume?: boolean, drop?: string }} Entry */

/** @type {(one: Entry, other: Entry) => boolean} */
export const isSameCase = (one, other) => one.collection === other.collection && one.case === other.case;

/** The places of an entry's case, first and last: its slices stand together.
    @type {(entries: Entry[], place: number) => [number, number]} */
export function caseAt(entries, place) {
  let first = place, last = place;
  while (first > 0 && isSameCase(entries[first - 1], entries[place])) first -= 1;
  while (last < entries.length - 1 && isSameCase(entries[last + 1], entries[place])) last += 1;
  return [first, last];
}

/** The place `by` slices on. At the end of a case of several slices it stays: what comes next is another patient.
    @type {(entries: Entry[], place: number, by: number) => number} */
export function sliceAfter(entries, place, by) {
  const [first, last] = caseAt(entries, place);
  return first === last ? within(place + by, 0, entries.length - 1) : within(place + by, first, last);
}

/** The first slice of the next case (`by` 1) or of the one before (−1), of a volume the middle one: at its ends there is
    often nothing to see; the same place where there is none.
    @type {(entries: Entry[], place: number, by: number) => number} */
export function caseAfter(entries, place, by) {
  const [first, last] = caseAt(entries, place);
  const next = by > 0 ? last + 1 : first - 1;
  if (!(next in entries)) return place;
  const [start, end] = caseAt(entries, next);
  return entries[next].isVolume ? Math.ceil((start + end) / 2) : start;
}

/** The first (`by` −1) or the last (1) slice of a case; of its collection where a case is a single picture.
    @type {(entries: Entry[], place: number, by: number) => number} */
export function endOf(entries, place, by) {
  const [first, last] = caseAt(entries, place);
  if (first !== last) return by < 0 ? first : last;
  const { collection } = entries[place];
  const isHere = (/** @type {Entry} */ entry) => entry.collection === collection;
  return by < 0 ? entries.findIndex(isHere) : entries.findLastIndex(isHere);
}

/** @type {(value: number, low: number, high: number) => number} */
const within = (value, low, high) => Math.min(Math.max(value, low), high);

const LONGEST = 14; // letters of a name below a thumbnail, on two lines

/** A name as it stands below a thumbnail: of a long one its end, which tells one slice from the next.
    @type {(name: string) => string} */
export const shortName = (name) => (name.length > LONGEST ? `…${name.slice(1 - LONGEST)}` : name);

/** What is searched: collection, case and slice with strokes between them, and as the file's name has them.
    @type {(entry: Entry) => string} */
export const searched = (entry) => `${plain(entry.path)} ${plain(entry.collection)}/${plain(entry.case)}${plain(entry.slice)}`;

/** @type {(text: string) => string} */
const plain = (text) => text.toLowerCase().normalize("NFC").replace(/\s*\/\s*/g, "/");

/** Whether each word of a search stands in what is `searched`; a search without a word finds everything.
    @type {(text: string, query: string) => boolean} */
export const isFound = (text, query) => plain(query).split(/\s+/).every((word) => text.includes(word));

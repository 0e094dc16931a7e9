/* What is changed of a pair, as words behind its id; as dashboard/service/pair_changes.py. */

const WORD = /~(?=(?:move|window1|window2)=|swap(?:~|$))/;

/** Whether the inputs change places; how the second is then moved: pixels right and down, degrees clockwise; from which
    values the inputs are scaled.
    @typedef {{ swap?: boolean, move?: number[], window1?: number[] | "volume", window2?: number[] | "volume" }} PairChanges */

/** The id of the pair as it is.
    @type {(pair: string) => string} */
export const plainId = (pair) => pair.split(WORD)[0];

/** @type {(pair: string) => boolean} */
export const isChanged = (pair) => plainId(pair) !== pair;

/** What an id says is changed.
    @type {(pair: string) => PairChanges} */
export function changesOf(pair) {
  const [, ...words] = pair.split(WORD);
  return Object.fromEntries(words.map((word) => {
    const [name, numbers] = word.split("=");
    return [name, numbers === undefined || (numbers === "volume" ? numbers : numbers.split(",").map(Number))];
  }));
}

/** The id of a pair with these changes; of one that nothing is changed of, where there are none.
    @type {(pair: string, changes: PairChanges) => string} */
export function changedId(pair, { swap, window1, window2, move }) {
  const isMoved = move?.some((value) => rounded(value) !== 0);
  const words = { ...(window1 && { window1 }), ...(window2 && { window2 }), ...(isMoved && { move: move?.map(rounded) }) };
  return [plainId(pair), ...(swap ? ["swap"] : []), ...Object.entries(words).map(([name, numbers]) => `${name}=${String(numbers)}`)].join("~");
}

/** As many decimals of a pixel and of a degree as count.
    @type {(value: number) => number} */
export const rounded = (value) => Math.round(value * 1000) / 1000 + 0;

/* How large the pictures of the light box are: as large as its room allows, at least a pixel of the screen for each of
   theirs where that can be. All lengths are CSS pixels. */

/** What stands around the pictures. */
export const AROUND = Object.freeze({
  names: 24, // the rows' names, at the left of the inputs
  head: 76, // of a column
  between: 8, // after each column
  gap: 4, // after each picture
});
export const LEAST = 150; // width that the figures in a column's head need

/** @typedef {{ room: Size, networks: number, each: number, rows: number, below: number, picture: Size, ratio: number, isWhole: boolean }} Wanted
    @typedef {{ width: number, height: number, isStacked: boolean, scale: number, isScrolled: boolean }} Cells */

/** The cells of a light box: their size, whether both inputs share a column, the screen's pixels for one of the image's,
    and whether the box has to be scrolled. `room` is the box, `each` the pictures a network has in a row, `rows` how
    many rows of pictures there are, `below` the height of what stands under them, `picture` the image's size at 1:1, `ratio` the
    screen's pixels a CSS pixel; `isWhole` asks for all at once rather than for 1:1.
    @type {(wanted: Wanted) => Cells} */
export function cellsFor(wanted) {
  const [beside, stacked] = [arranged(wanted, false), arranged(wanted, true)];
  // Side by side where that costs nothing, as the inputs are the first columns.
  const isBetter = stacked.width > beside.width + 1 || (beside.isScrolled && !stacked.isScrolled) || beside.across > stacked.room;
  const { width, height, isStacked, isScrolled } = isBetter ? stacked : beside;
  return { width, height, isStacked, isScrolled, scale: (width * wanted.ratio) / wanted.picture.width };
}

/** @type {(wanted: Wanted, isStacked: boolean) => any} */
function arranged({ room, networks, each, rows, below, picture, ratio, isWhole }, isStacked) {
  const columns = networks * each + (isStacked ? 1 : 2), lines = Math.max(rows, isStacked ? 2 : 1);
  const aspect = picture.width / picture.height, actual = Math.ceil(picture.width / ratio);
  const across = room.width - AROUND.names - (networks + 1) * AROUND.between;
  const down = room.height - AROUND.head;
  const wide = across / columns - AROUND.gap;
  const high = ((down - below) / lines - AROUND.gap) * aspect;
  const width = Math.floor(Math.max(chosen(), LEAST));
  const used = columns * (width + AROUND.gap), tall = lines * (width / aspect + AROUND.gap) + below;
  return { width, height: Math.ceil(width / aspect), isStacked, across: used, room: across, isScrolled: used > across || tall > down };

  function chosen() {
    const both = Math.min(wide, high);
    if (both >= actual || isWhole) return both;
    if (wide >= actual) return Math.max(actual, Math.min(wide, (down / 2) * aspect)); // at least two rows are seen at a time
    return isSeen() ? actual : wide;
  }

  /** Whether an input and two networks, one row of them, are seen at a time at 1:1. */
  function isSeen() {
    return 3 * (actual + AROUND.gap) <= across && actual / aspect <= down;
  }
}

/** What a reader has to know where a picture's pixel is less than one of the screen's, whose rows are `aspect` times as far
    apart as its columns.
    @type {(scale: number, aspect?: number) => string} */
export function note(scale, aspect = 1) {
  if (scale >= 0.995) return "";
  const down = blockOf(scale * Math.max(aspect, 1)), across = blockOf(scale * Math.max(1 / aspect, 1));
  return `1:${(1 / scale).toFixed(1)} · pictures are smoothed, of derivatives each ${down} × ${across} pixels show their strongest`;
}

/** Side of the blocks of which the strongest is shown at a scale below 1.
    @type {(scale: number) => number} */
export const blockOf = (scale) => Math.max(Math.ceil(1 / scale - 0.005), 1);

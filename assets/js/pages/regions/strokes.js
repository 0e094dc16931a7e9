/* Strokes of a region's drawing, [[row, col], …] with whole numbers at pixel centres: their words and their path. */

const MOST_CORNERS = 120; // of an outline, so that its words fit an address

/** @typedef {number[]} Point */

/** Radius of the brush, in pixels of the image. */
export const BRUSH = 3;

/** The words for a stroke; null for a mere click, but of the brush. `tool`: outline, rect, disk or brush.
    @type {(tool: string, points: Point[]) => string | null} */
export function wordsOf(tool, points) {
  if (tool === "brush") return `brush:${BRUSH},${simplified(points.map((point) => point.map(Math.round))).flat().join(",")}`;
  const [[row, col], to] = points;
  if (!to) return null;
  /** @type {(value: number) => number} */
  const whole = (value) => Math.round(value);
  if (tool === "disk") {
    const radius = Math.hypot(to[0] - row, to[1] - col);
    return `disk:${whole(row)},${whole(col)},${Math.round(radius * 10) / 10}`;
  }
  if (tool === "rect") return `rect:${[row, col, ...to].map(whole).join(",")}`;
  const corners = simplified(points.map((point) => point.map(whole)));
  return corners.length < 3 ? null : `outline:${corners.flat().join(",")}`;
}

/** A region with a stroke added or taken away; the stroke alone where there is no region.
    @type {(region: string, words: string, how: "new" | "add" | "less") => string} */
export const joined = (region, words, how) => (how === "new" || !region ? words : `${region} ${how === "add" ? "+" : "-"} ${words}`);

/** An outline of at most MOST_CORNERS: as fine as that allows.
    @type {(points: Point[]) => Point[]} */
export function simplified(points) {
  if (points.length < 2) return points;
  const distinct = points.filter(([row, col], at) => !at || row !== points[at - 1][0] || col !== points[at - 1][1]);
  let tolerance = 0.5;
  let corners = thinned(distinct, tolerance);
  while (corners.length > MOST_CORNERS) corners = thinned(distinct, (tolerance *= 1.5));
  return corners;
}

/** Douglas and Peucker: leave out what lies within `tolerance` of the line between what is kept.
    @type {(points: Point[], tolerance: number) => Point[]} */
function thinned(points, tolerance) {
  if (points.length < 3) return points;
  const [start, stop] = [points[0], points[points.length - 1]];
  let farthest = 0, largest = -1;
  for (let at = 1; at < points.length - 1; at += 1) {
    const distance = distanceTo(points[at], start, stop);
    if (distance > largest) [farthest, largest] = [at, distance];
  }
  if (largest <= tolerance) return [start, stop];
  return [...thinned(points.slice(0, farthest + 1), tolerance).slice(0, -1), ...thinned(points.slice(farthest), tolerance)];
}

/** @type {(point: Point, from: Point, to: Point) => number} */
function distanceTo([row, col], [row1, col1], [row2, col2]) {
  const length = Math.hypot(row2 - row1, col2 - col1);
  if (!length) return Math.hypot(row - row1, col - col1);
  return Math.abs((row2 - row1) * (col - col1) - (col2 - col1) * (row - row1)) / length;
}

/** The same as a path of SVG, in pixel edges.
    @type {(tool: string, points: Point[]) => string} */
export function pathOf(tool, points) {
  const [[row, col], to] = points;
  if (!to) return "";
  if (tool === "brush") return `M${points.map(([down, right]) => `${right} ${down}`).join("L")}`;
  if (tool === "rect") return `M${col} ${row}H${to[1]}V${to[0]}H${col}Z`;
  if (tool === "disk") {
    const radius = Math.hypot(to[0] - row, to[1] - col);
    return `M${col - radius} ${row}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0Z`;
  }
  return `M${points.map(([down, right]) => `${right} ${down}`).join("L")}Z`;
}

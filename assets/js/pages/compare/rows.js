/* The rows of the light box: which images a ticked choice shows. */

/** The pictures of each choice, from top to bottom; as in dashboard/pages/compare/state.py.
    @type {Readonly<Record<string, string[]>>} */
export const ROWS = Object.freeze({
  fused: ["fused"],
  guidance: ["guidance1", "guidance2"],
  rgb: ["rgb"],
  jacobian: ["jacobian1", "jacobian2"],
  difference: ["difference"],
  "guidance-difference": ["difference1", "difference2"],
  scatter: ["scatter"],
});

/** Every row of pictures, from top to bottom. */
export const IMAGES = Object.values(ROWS).flat();

/** What the server calls the images of a difference.
    @type {Readonly<Record<string, string>>} */
export const DIFFERENCES = Object.freeze({ difference: "fused", difference1: "guidance1", difference2: "guidance2" });

/** The rows of pictures that ticked choices show.
    @type {(ticked: string[]) => string[]} */
export const imagesOf = (ticked) => ticked.flatMap((choice) => ROWS[choice] ?? []);

/** Hide what is not ticked, and show what is, in a part of the page.
    @type {(within: Element, ticked: string[]) => void} */
export function show(within, ticked) {
  const shown = new Set([...imagesOf(ticked), ...ticked]);
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (within.querySelectorAll("[data-row]"))) {
    row.hidden = !shown.has(row.dataset.row ?? "");
  }
}

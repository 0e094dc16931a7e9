/* How large the panels are on the screen: as much of an image as they can show is asked for. */

/** The largest side of a whole panel, in pixels of the screen. */
export function largestSide() {
  const plots = [...document.querySelectorAll(".panel.whole[data-image] .plot")];
  const largest = Math.max(...plots.map((plot) => Math.max(plot.clientWidth, plot.clientHeight)));
  return Math.max(Math.round(largest * (window.devicePixelRatio || 1)), 64);
}

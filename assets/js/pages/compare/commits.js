/* What follows on Compare when nothing moves: figures of all columns, the address, a sentence, the metrics' file. */
import { put } from "../../components/elements.js";
import { isSame } from "../../viewer/pixels.js";
import * as exportMenu from "../../report/export_menu.js";
import * as compareColumn from "./column.js";
import * as compareFigures from "./figures.js";

const REST = 120; // ms without a move after which figures and the address follow

let page = null;
let timer = 0;

const byId = (id) => document.getElementById(id);

/** `compare` is asked what is shown. */
export function attach(compare) {
  page = compare;
  byId("compare-save-metrics").addEventListener("click", saveMetrics);
}

export function rest() {
  clearTimeout(timer);
  timer = setTimeout(settle, REST);
}

function settle() {
  const { state } = page;
  if (!state.asked) return;
  // The answer is still on its way, the first one perhaps: what is given up now nobody begins again.
  if (!isSame(state.pixel, state.asked)) return rest();
  const { row, col } = state.pixel, { pair } = state;
  state.typed = `${row},${col}`;
  dash_clientside.set_props("compare-row", { value: row, max: state.height - 1 });
  dash_clientside.set_props("compare-col", { value: col, max: state.width - 1 });
  writeAddress(state);
  speak(state);
  const words = { pair, networks: page.opened().map(({ network }) => network), row, col, window: state.window };
  const isCurrent = () => state.pair === pair && state.asked?.row === row && state.asked?.col === col;
  compareFigures.follow(words, isCurrent, showFigures, (error) => page.say(error.message));
}

function showFigures(found) {
  for (const { network, correlation, metrics } of found.columns) {
    const column = page.columns.get(network);
    if (!column) continue;
    compareColumn.correlate(column, correlation);
    compareColumn.measure(column, metrics, found.metrics);
  }
  compareFigures.table(byId("compare-table"), found);
}

function speak(state) {
  const { row, col } = state.pixel;
  const each = page.opened().filter(({ part }) => part).map(({ network, view, part: { about } }) => {
    const shares = about.share1 === null ? "no influence" : `${(100 * about.share1).toFixed(0)} % from ${view.names[0]}, ${(100 * about.share2).toFixed(0)} % from ${view.names[1]}`;
    return `${network}: ${shares}`;
  });
  put(byId("compare-spoken"), `Row ${row}, column ${col}. ${each.join("; ")}.`);
}

function saveMetrics() {
  const words = { pair: page.state.pair, networks: page.opened().map(({ network }) => network).join(",") };
  exportMenu.fetched(`export/metrics.csv?${new URLSearchParams(words)}`, page.say);
}

function writeAddress(state) {
  const flag = (value) => (value ? "1" : "0");
  const { pair, networks, pixel, gamma1, gamma2, display, colormap, manner } = state;
  const words = new URLSearchParams({
    pair, networks: networks.join(","), network: networks[0] || "", ...pixel, window: state.window, gamma1, gamma2, display,
    colormap, manner, color: flag(state.color), zooms: flag(state.zooms), light: flag(state.light),
    scales: state.isShared ? "shared" : "own", difference: page.subtracted().join(","),
  });
  history.replaceState(history.state, "", `?${words}`);
}

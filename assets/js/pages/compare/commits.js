/* What follows on Compare when nothing moves: figures of all columns, the address, a sentence, the metrics' file. */
import * as address from "../../components/address.js";
import { byId, put } from "../../components/elements.js";
import * as exportMenu from "../../report/export_menu.js";
import { addressOf as levelWords } from "../../imaging/levels.js";
import { wordsOf as viewWords } from "../../viewer/view_transform.js";
import * as columnFigures from "./column_figures.js";
import * as compareFigures from "./figures.js";

/** @type {any} */
let page = null;

/** @type {() => Column[]} */
const opened = () => page.opened();

/** `compare` is asked what is shown.
    @type {(compare: object) => void} */
export function attach(compare) {
  page = compare;
  byId("compare-save-metrics").addEventListener("click", saveMetrics);
}

/** The viewer has settled on the pixel. */
export function settled() {
  const { state } = page, { pair, pixel: { row, col } } = state;
  writeAddress(state);
  speak(state);
  const words = { pair, networks: opened().map(({ network }) => network), row, col, window: state.window };
  const isCurrent = () => state.pair === pair && state.asked?.row === row && state.asked?.col === col;
  compareFigures.follow(words, isCurrent, showFigures, (error) => page.say(error.message));
}

/** @type {(found: any) => void} */
function showFigures(found) {
  for (const { network, correlation, metrics } of found.columns) {
    const column = page.columns.get(network);
    if (!column) continue;
    columnFigures.correlate(column, correlation);
    columnFigures.measure(column, metrics, found.metrics);
  }
  compareFigures.table(byId("compare-table"), found);
}

/** @type {(state: ViewerState) => void} */
function speak(state) {
  const { row, col } = /** @type {Pixel} */ (state.pixel);
  const each = opened().filter(({ answer }) => answer).map(({ network, view, answer }) => {
    const about = answer?.about;
    const shares = about.share1 === null ? "no influence" : `${(100 * about.share1).toFixed(0)} % from ${view.names[0]}, ${(100 * about.share2).toFixed(0)} % from ${view.names[1]}`;
    return `${network}: ${shares}`;
  });
  put(byId("compare-spoken"), `Row ${row}, column ${col}. ${each.join("; ")}.`);
}

function saveMetrics() {
  const words = { pair: page.state.pair, networks: opened().map(({ network }) => network).join(",") };
  exportMenu.fetched(`export/metrics.csv?${new URLSearchParams(words)}`, page.say);
}

/** @type {(state: ViewerState) => void} */
function writeAddress(state) {
  const { pair, networks, pixel, window: side, gamma1, gamma2, display, colormap, manner, color, light, isShared, rows, cells } = state;
  address.write({
    pair, networks: networks.join(","), network: networks[0] || "", ...pixel, window: side, gamma1, gamma2, display, colormap, manner,
    color, light, scales: isShared ? "shared" : "own", rows: rows.join(","), reference: page.referred(), cells, ...viewWords(state),
    ...levelWords(state.levels),
  });
}

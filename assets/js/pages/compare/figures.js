/* Figures on Compare: correlations and metrics under the columns, and the table that sets trivial rules beside them. */
import { make } from "../../components/elements.js";
import { answerTo } from "../../data/server_answers.js";
import * as sortedTable from "../../components/sorted_table.js";

/** @typedef {{ method: string, values: any[] | null, isRule?: boolean }} Row */

const AGAIN = 700; // ms until what is still measured is asked for again
let newest = 0;

/** Ask for all columns' figures until everything is there; `isCurrent` says whether they are still wanted.
    @type {(words: Words, isCurrent: () => boolean, show: (found: any) => void, failed: (error: Error) => void) => Promise<void>} */
export async function follow(words, isCurrent, show, failed) {
  const mine = newest += 1;
  while (mine === newest && isCurrent()) {
    let found;
    try {
      const response = await answerTo(`compare/figures?${new URLSearchParams(words)}`);
      found = await response.json();
      if (!response.ok) throw new Error(found.error);
    } catch (error) {
      if (mine === newest && isCurrent()) failed(error);
      return;
    }
    if (mine !== newest || !isCurrent()) return;
    show(found);
    if (!found.waits) return;
    await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
  }
}

/** What a reader has to know of a metric.
    @type {(metric: any) => string} */
export const explained = ({ title, unit, better, meaning, pitfalls, paper }) =>
  `${title}${unit ? ` (${unit})` : ""}; ${better} is taken for better. ${meaning} ${pitfalls} ${paper}.`;

/** @type {(number: number) => string} */
const digits = (number) => number.toFixed(Math.abs(number) >= 10 ? 2 : 3).replace("-", "−");

/** A figure, a dash with the reason where it is undefined, an ellipsis while it is measured.
    @type {(kind: string, value?: { number: number | null, why?: string } | null) => HTMLElement} */
export function cell(kind, value) {
  if (!value) return make(kind, { text: "…", title: "being measured" });
  if (value.number === null) return make(kind, { text: "–", title: value.why, class: "undefined", "aria-label": `undefined: ${value.why}` });
  return make(kind, { text: digits(value.number) });
}

/** The best value of a metric; null where it is undefined for all.
    @type {(rows: Row[], metric: { better: string }, k: number) => number | null} */
function bestOf(rows, { better }, k) {
  const numbers = rows.map(({ values }) => values && values[k].number).filter((number) => typeof number === "number");
  return numbers.length ? Math[better === "higher" ? "max" : "min"](...numbers) : null;
}

/** Networks and trivial rules, a row each; the leader of each metric is marked, and named below.
    @type {(place: Element, found: any) => void} */
export function table(place, { metrics, columns, rules }) {
  const known = new Set(columns.map((/** @type {any} */ each) => each.network));
  /** @type {Row[]} */
  const rows = [
    ...columns.map((/** @type {any} */ each) => ({ method: each.network, values: each.metrics })),
    ...(rules || [{ method: "copies, mean, maximum", values: null }]).filter((/** @type {Row} */ each) => !known.has(each.method)).map((/** @type {Row} */ row) => ({ ...row, isRule: true })),
  ];
  const best = metrics.map((/** @type {any} */ metric, /** @type {number} */ k) => bestOf(rows, metric, k));
  /** @type {(row: Row, k: number) => boolean} */
  const isLeader = ({ values }, k) => best[k] !== null && values?.[k].number === best[k];
  const body = rows.map((row) => {
    const cells = metrics.map((/** @type {any} */ _, /** @type {number} */ k) => {
      const made = cell("td", row.values && row.values[k]);
      if (isLeader(row, k)) made.classList.add("leads");
      return made;
    });
    return {
      element: make("tr", { class: row.isRule ? "rule" : null }, make("th", { scope: "row", text: row.method }), ...cells),
      values: [row.method, ...metrics.map((/** @type {any} */ _, /** @type {number} */ k) => row.values && row.values[k].number)],
    };
  });
  const heads = [{ text: "method", title: "networks, and rules that need none" }, ...metrics.map((/** @type {any} */ metric) => (
    { text: `${metric.name} ${metric.better === "higher" ? "↑" : "↓"}`, title: explained(metric), isBestFirst: metric.better }))];
  const focused = heads.findIndex((_, k) => place.querySelectorAll("thead button")[k] === document.activeElement);
  const scrolled = place.scrollLeft;
  place.replaceChildren(sortedTable.table(heads, body, place), make("p", { class: "quiet leading", text: leading(rows, metrics, isLeader) }));
  place.scrollLeft = scrolled;
  if (focused >= 0) /** @type {HTMLElement} */ (place.querySelectorAll("thead button")[focused]).focus();
}

/** Who leads which metrics: a rule that needs no network among them shows what the metrics are worth.
    @type {(rows: Row[], metrics: any[], isLeader: (row: Row, k: number) => boolean) => string} */
function leading(rows, metrics, isLeader) {
  /** @type {[string, string[]][]} */
  const parts = rows.map((row) => [row.method, metrics.filter((_, k) => isLeader(row, k)).map(({ name }) => name)]);
  const told = parts.filter(([, names]) => names.length).map(([method, names]) => `${method} (${names.join(", ")})`);
  return told.length ? `Leading: ${told.join("; ")}.` : "";
}

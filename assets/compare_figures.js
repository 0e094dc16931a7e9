/* Figures on Compare: correlations and metrics under the columns, and the table that sets trivial rules beside them. */
window.FuseVis = window.FuseVis || {};

FuseVis.compareFigures = (() => {
  "use strict";

  const { make } = FuseVis.build;
  const AGAIN = 700; // ms until what is still measured is asked for again
  let newest = 0;

  /** Ask for all columns' figures until everything is there; `isCurrent` says whether they are still wanted. */
  async function follow(words, isCurrent, show, failed) {
    const mine = newest += 1;
    while (mine === newest && isCurrent()) {
      let found;
      try {
        const response = await fetch(`compare/figures?${new URLSearchParams(words)}`);
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

  /** What a reader has to know of a metric. */
  const explained = ({ title, unit, better, meaning, pitfalls, paper }) =>
    `${title}${unit ? ` (${unit})` : ""}; ${better} is taken for better. ${meaning} ${pitfalls} ${paper}.`;

  const digits = (number) => number.toFixed(Math.abs(number) >= 10 ? 1 : 3).replace("-", "−");

  /** A figure, a dash with the reason where it is undefined, an ellipsis while it is measured. */
  function cell(kind, value) {
    if (!value) return make(kind, { text: "…", title: "being measured" });
    if (value.number === null) return make(kind, { text: "–", title: value.why, class: "undefined", "aria-label": `undefined: ${value.why}` });
    return make(kind, { text: digits(value.number) });
  }

  /** Networks and trivial rules, a row each; the leader of each metric is set in bold. */
  function table(place, { metrics, columns, rules }) {
    const known = new Set(columns.map(({ network }) => network));
    const rows = [
      ...columns.map(({ network, metrics: values }) => ({ method: network, values })),
      ...(rules || [{ method: "copies, mean, maximum", values: null }]).filter(({ method }) => !known.has(method)).map((row) => ({ ...row, isRule: true })),
    ];
    const best = metrics.map(({ better }, k) => {
      const numbers = rows.map(({ values }) => values && values[k].number).filter((number) => typeof number === "number");
      return numbers.length ? Math[better === "higher" ? "max" : "min"](...numbers) : null;
    });
    const head = make("tr", {}, make("th", { scope: "col", text: "method" }), ...metrics.map((metric) =>
      make("th", { scope: "col", title: explained(metric), text: `${metric.name} ${metric.better === "higher" ? "↑" : "↓"}` })));
    const body = rows.map(({ method, values, isRule }) => {
      const cells = metrics.map((_, k) => {
        const made = cell("td", values && values[k]);
        if (values && best[k] !== null && values[k].number === best[k]) made.classList.add("leads");
        return made;
      });
      return make("tr", { class: isRule ? "rule" : null }, make("th", { scope: "row", text: method }), ...cells);
    });
    place.replaceChildren(make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
  }

  return { follow, explained, cell, table };
})();

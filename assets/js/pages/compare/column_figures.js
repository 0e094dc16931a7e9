/* The figures below a column of Compare: correlations of its guidance, the time, and a few metrics. */
import { make } from "../../components/elements.js";
import * as compareFigures from "./figures.js";

/** Correlations of guidance, all pixels and the window's; null while they are not there.
    @type {(self: Column, found: any) => void} */
export function correlate(self, found) {
  /** @type {(value: number | null) => string} */
  const number = (value) => (value === null ? "—" : value.toFixed(2).replace("-", "−"));
  /** @type {(which: string, kind: string) => string} */
  const of = (which, kind) => (found && found[which] ? number(found[which][kind]) : "…");
  /** @type {(term: string, value: string, title: string) => HTMLElement[]} */
  const row = (term, value, title) => [make("dt", { text: term, title }), make("dd", { text: value, title })];
  const kept = { time: self.time?.textContent, value: self.value?.textContent };
  /** @type {Record<string, string>} */
  const spot = { all: "over all pixels", window: "inside the window" };
  /** @type {(which: string) => string} */
  const why = (which) => (found && found[which] && found[which].failure ? `. ${found[which].failure}` : "");
  const rows = ["all", "window"].flatMap((which) => [
    ...row(`r ${which}`, of(which, "pearson"), `Pearson correlation of the two guidance images, ${spot[which]}${why(which)}`),
    ...row(`ρ ${which}`, of(which, "spearman"), `Spearman rank correlation of the two guidance images, ${spot[which]}${why(which)}`),
  ]);
  const time = row("Jacobian", kept.time || "", "How long this network's Jacobian of the pixel took");
  const value = row("fused", kept.value || "", "Value of the fused image at the pixel");
  [self.time, self.value] = [time[1], value[1]];
  self.figures.replaceChildren(...rows, ...time, ...value);
  self.figures.classList.toggle("stale", !found);
  self.windowed = { figures: rows.slice(rows.length / 2), pixel: self.page.state.pixel };
}

/** The window's correlations are those of the pixel before, until the pointer rests.
    @type {(self: Column) => void} */
export function overtake(self) {
  const { windowed: { figures, pixel }, page: { state } } = self;
  if (pixel?.row === state.pixel.row && pixel?.col === state.pixel.col) return;
  for (const each of figures) each.classList.add("stale");
}

/** A few metrics of this column's fused image, the table has all; null while they are measured.
    @type {(self: Column, values: any, described: any[]) => void} */
export function measure(self, values, described) {
  self.metrics.replaceChildren(...described.flatMap((metric, k) => (metric.few ? [
    make("dt", { text: metric.name, title: compareFigures.explained(metric) }),
    compareFigures.cell("dd", values && values[k]),
  ] : [])));
}

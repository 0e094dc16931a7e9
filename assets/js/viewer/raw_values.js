/* Values of the inputs as their files have them, beside the scaled ones that a network is given. */

const SHORT = 4; // letters of a unit that stands beside a number; longer ones are told in the title

/** A value of a file with its unit; a dash where there is no file.
    @type {(value: number | null | undefined, unit?: string | null) => string} */
export function rawText(value, unit) {
  if (value === null || value === undefined) return "—";
  const number = String(Number(value.toPrecision(6))).replace("-", "−");
  return unit && unit.length <= SHORT ? `${number} ${unit}` : number;
}

/** What the values of a file are.
    @type {(unit: string | null | undefined) => string} */
export const rawTitle = (unit) => (unit ? `as in the file, ${unit}` : "this image was made here, not read from a file");

/** Both inputs' values at a pixel, scaled and as in their files.
    @type {(names: string[], part: any, scales?: (RawScale | null)[]) => string} */
export function valuesText(names, part, scales = []) {
  return names.map((name, k) => {
    const scaled = part[`x${k + 1}`], raw = part[`raw${k + 1}`];
    return `${name} ${scaled.toFixed(3)}${raw === null || raw === undefined ? "" : ` (${rawText(raw, scales[k]?.unit)})`}`;
  }).join(" · ");
}

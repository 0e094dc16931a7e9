/* What a panel shows: what each image is made of, and to which input it belongs; as in dashboard/components/ids.py. */

/** @type {Readonly<Record<string, { kind: string, input: number | null }>>} */
export const PANEL_IMAGES = Object.freeze({
  first: { kind: "picture", input: 0 },
  second: { kind: "picture", input: 1 },
  fused: { kind: "picture", input: null },
  guidance1: { kind: "guidance", input: 0 },
  guidance2: { kind: "guidance", input: 1 },
  rgb: { kind: "overlay", input: null },
  jacobian1: { kind: "jacobian", input: 0 },
  jacobian2: { kind: "jacobian", input: 1 },
  difference: { kind: "difference", input: null },
  difference1: { kind: "difference", input: 0 },
  difference2: { kind: "difference", input: 1 },
  scatter: { kind: "scatterplot", input: null },
});

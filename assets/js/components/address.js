/* The page's address: it holds what is shown, so that a link or a reload shows it again. */

/** The words of the address as it is. */
export const words = () => new URLSearchParams(location.search);

/** Bring the address to `values`; true and false are 1 and 0. `others` are words that stay.
    @type {(values: Record<string, any>, others?: URLSearchParams) => void} */
export function write(values, others = new URLSearchParams()) {
  for (const [name, value] of Object.entries(values)) others.set(name, typeof value === "boolean" ? Number(value) : value);
  history.replaceState(history.state, "", `?${others}`);
}

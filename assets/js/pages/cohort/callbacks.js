/* What Dash calls of Cohort in the browser. See dashboard/pages/cohort/layout.py. */
import * as address from "../../components/address.js";
import * as farewell from "../../data/farewell.js";

/** Write the choice into the address; returns the colour scheme. Words of other pages stay.
    @type {(pair: string, networks: string[], slices: number | string, place: string, figure: string, light: boolean, start: { is_open: boolean } | null) => string} */
export function configure(pair, networks, slices, place, figure, light, start) {
  farewell.attach();
  document.querySelector(".cohort")?.classList.toggle("light", light);
  if (start) address.write({ pair, networks: networks.join(","), slices, place, figure, light }, address.words());
  return light ? "light" : "dark";
}

/* What Dash calls of the export menu in the browser. */
import * as exportMenu from "./export_menu.js";

/** The button was pressed, or has just come to stand on the page.
    @type {(clicks: number | undefined, ...choices: Parameters<typeof exportMenu.save>) => void} */
export function save(clicks, ...choices) {
  if (clicks) exportMenu.save(...choices);
}

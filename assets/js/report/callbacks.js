/* What Dash calls of the export menu in the browser. */
import * as exportMenu from "./export_menu.js";

/** The button was pressed, or has just come to stand on the page. */
export function save(clicks, ...choices) {
  if (clicks) exportMenu.save(...choices);
}

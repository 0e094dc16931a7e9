/* Tools that lie over the guidance images, each behind a button of its own; one of them is open at a time. */
import { byId } from "../../components/elements.js";

/** @typedef {{ isOpen: () => boolean, close: () => void }} SideTools */

/** @type {((isOpen: boolean) => void)[]} */
const all = [];

/** Let the button `<name>-button` disclose the section `<name>-tools`; `changed` is told that it was opened or closed.
    @type {(name: string, changed: () => void) => SideTools} */
export function sideTools(name, changed) {
  const button = byId(`${name}-button`), section = byId(`${name}-tools`);
  /** @type {(isOpen: boolean) => void} */
  const disclose = (isOpen) => {
    if (isOpen) for (const each of all) if (each !== disclose) each(false);
    if (section.hidden !== isOpen) return;
    section.hidden = !isOpen;
    byId("panels").classList.toggle("inputs-open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
    changed();
  };
  const close = () => {
    disclose(false);
    button.focus();
  };
  all.push(disclose);
  button.addEventListener("click", () => disclose(section.hidden));
  section.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  return { isOpen: () => !section.hidden, close };
}

/* The regions that were kept under a name: buttons that bring them back, on this slice and on every other. */
import { byId, make } from "../../components/elements.js";
import * as regionHistory from "./region_history.js";

/** @type {(words: string) => void} */
let choose = () => {};
let now = ""; // the region that is there

/** Build the list once; `chosen` is told which region is brought back.
    @type {(chosen: (words: string) => void) => void} */
export function attach(chosen) {
  choose = chosen;
  const place = byId("regions-kept");
  if (place.childElementCount) return;
  const name = make("input", { type: "text", placeholder: "name, e.g. rim", "aria-label": "Name of the region", maxlength: 40, spellcheck: "false" });
  const button = make("button", { type: "button", text: "Keep", title: "Keep this region under the name, for every slice" });
  const keep = () => {
    const called = name.value.trim();
    if (!called || !now) return;
    regionHistory.keep(regionHistory.withKept(regionHistory.kept(), called, now));
    name.value = "";
    list();
  };
  button.addEventListener("click", keep);
  name.addEventListener("keydown", (/** @type {KeyboardEvent} */ { key }) => { if (key === "Enter") keep(); });
  place.append(make("div", { class: "regions-names", role: "group", "aria-label": "Kept regions" }), make("span", { class: "regions-keep" }, name, button));
  list();
}

/** Another region is there: mark it where it was kept.
    @type {(words: string) => void} */
export function show(words) {
  now = words;
  list();
}

function list() {
  const group = byId("regions-kept")?.firstElementChild;
  group?.replaceChildren(...regionHistory.kept().flatMap(({ name, words }) => [
    make("button", { type: "button", text: name, title: words, "aria-pressed": String(words === now), onclick: () => choose(words) }),
    make("button", { type: "button", text: "✕", class: "forget", title: `Forget ${name}`, "aria-label": `Forget ${name}`, onclick: () => forget(name) }),
  ]));
}

/** @type {(name: string) => void} */
function forget(name) {
  regionHistory.keep(regionHistory.kept().filter((each) => each.name !== name));
  list();
}

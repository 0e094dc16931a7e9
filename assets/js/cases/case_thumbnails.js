/* The list of cases as it stands in the strip: thumbnails by collection and case, which of them is shown, their marks. */
import { make } from "../components/elements.js";
import { caseAt, isFound, searched, shortName } from "./case_list.js";

/** @typedef {import("./case_list.js").Entry} Entry */

/** @type {Record<string, string>} */
const SIGNS = { learned: "●", unseen: "○" };
/** @type {Record<string, string>} */
const WORDS = { learned: "learned from by a network in view", unseen: "unseen by the networks in view", "": "not known whether the networks in view learned from it" };

/** Make the list anew: a head for each collection, and for each case of several slices. What was dropped can be removed.
    @type {(list: HTMLElement, entries: Entry[], remove: (drop: string) => void) => void} */
export function fill(list, entries, remove) {
  const made = [], near = whenNear(list);
  let at = 0;
  while (at < entries.length) {
    const { collection, drop } = entries[at], head = make("h3", { text: collection });
    if (drop) head.append(make("button", { type: "button", class: "strip-remove", text: "Remove", "aria-label": `Remove ${collection}`, title: "Remove everything of this drop from the server", onclick: () => remove(drop) }));
    const group = make("section", { class: "strip-collection", "aria-label": collection }, head);
    for (; at < entries.length && entries[at].collection === collection;) at = addCase(group, entries, at, near);
    made.push(group);
  }
  list.replaceChildren(...made);
}

/** What lets pictures of the list come once they are about to be seen. A browser's own way fetches those of thousands of
    pixels around, hundreds at the time at which the page's first pixel is asked for.
    @type {(list: HTMLElement) => IntersectionObserver} */
function whenNear(list) {
  return new IntersectionObserver((seen, observer) => {
    for (const { target, isIntersecting } of seen) {
      if (!isIntersecting) continue;
      const picture = /** @type {HTMLImageElement} */ (target);
      picture.src = /** @type {string} */ (picture.dataset.src);
      observer.unobserve(picture);
    }
  }, { root: list, rootMargin: "100% 0px" });
}

/** Add the case at a place to its collection, single pictures one after the other; the place after it.
    @type {(group: HTMLElement, entries: Entry[], at: number, near: IntersectionObserver) => number} */
function addCase(group, entries, at, near) {
  const [, last] = caseAt(entries, at), count = last - at + 1, isSliced = Boolean(entries[at].slice);
  let grid = /** @type {HTMLElement | null} */ (group.lastElementChild);
  if (isSliced) {
    grid = make("div", { class: "strip-slices" });
    const kind = entries[at].isVolume ? " · ▤ volume" : "";
    group.append(make("h4", { text: `${entries[at].case} · ${count === 1 ? "1 slice" : `${count} slices`}${kind}` }), /** @type {HTMLElement} */ (grid));
  } else if (!grid?.matches(".strip-slices.single")) {
    grid = make("div", { class: "strip-slices single" });
    group.append(/** @type {HTMLElement} */ (grid));
  }
  for (let each = at; each <= last; each += 1) grid?.append(thumbnail(entries[each], each, near));
  return last + 1;
}

/** @type {(entry: Entry, at: number, near: IntersectionObserver) => HTMLElement} */
function thumbnail(entry, at, near) {
  const src = `cases/thumbnail?${new URLSearchParams({ pair: entry.id })}`;
  const picture = make("img", { "data-src": src, alt: "", fetchpriority: "low", decoding: "async", width: 48, height: 48 });
  const name = make("span", { class: "strip-name" }, make("i", { "aria-hidden": "true" }), shortName(entry.slice || entry.case));
  const button = make("button", {
    type: "button", "data-place": at, "data-generated": entry.isGenerated || null, "data-volume": entry.isVolume || null, "data-searched": searched(entry), tabindex: -1,
  }, picture, name);
  if (entry.isVolume) picture.addEventListener("error", () => { picture.dataset.unread = src; });
  near.observe(picture);
  describe(button, entry.path, "");
  return button;
}

/** @type {(button: HTMLElement, path: string, sign: string) => void} */
function describe(button, path, sign) {
  const isGenerated = "generated" in button.dataset, isVolume = "volume" in button.dataset;
  button.title = [path, WORDS[sign], isGenerated ? "generated, no patient" : "both inputs, blended", isVolume && "slice of a volume, which is read when one of its slices is opened", "Shift + click: beside the slice that is shown"].filter(Boolean).join("\n");
  button.setAttribute("aria-label", [path, sign && WORDS[sign], isGenerated && "generated", isVolume && "volume"].filter(Boolean).join(", "));
  button.dataset.path = path;
  button.dataset.mark = sign;
  const shape = /** @type {HTMLElement} */ (button.querySelector("i"));
  shape.textContent = `${SIGNS[sign] ?? ""}${isGenerated ? "◇" : ""}`;
}

/** @type {(list: HTMLElement) => HTMLElement[]} */
const buttons = (list) => [.../** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("button[data-place]"))];

/** Those that a search has left, from top to bottom.
    @type {(list: HTMLElement) => HTMLElement[]} */
export const shown = (list) => buttons(list).filter(({ hidden }) => !hidden);

/** Whether a search has left the entry at a place.
    @type {(list: HTMLElement, place: number) => boolean} */
export const isShown = (list, place) => !(/** @type {HTMLElement | null} */ (list.querySelector(`[data-place="${place}"]`))?.hidden);

/** Leave what a search finds; how many that are.
    @type {(list: HTMLElement, query: string) => number} */
export function filter(list, query) {
  let count = 0;
  for (const button of buttons(list)) {
    button.hidden = !isFound(button.dataset.searched ?? "", query);
    count += Number(!button.hidden);
  }
  for (const grid of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(".strip-slices"))) {
    const isEmpty = !grid.querySelector("button:not([hidden])"), head = /** @type {HTMLElement} */ (grid.previousElementSibling);
    grid.hidden = isEmpty;
    if (head.matches("h4")) head.hidden = isEmpty;
  }
  for (const group of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll(".strip-collection"))) {
    group.hidden = !group.querySelector("button:not([hidden])");
  }
  return count;
}

/** Mark the entry that is shown, and bring it into sight.
    @type {(list: HTMLElement, place: number) => void} */
export function current(list, place) {
  const old = list.querySelector("[aria-current]"), now = /** @type {HTMLElement | null} */ (list.querySelector(`[data-place="${place}"]`));
  if (old !== now) {
    old?.removeAttribute("aria-current");
    old?.setAttribute("tabindex", "-1");
  }
  now?.setAttribute("aria-current", "true");
  now?.setAttribute("tabindex", "0");
  if (now && !now.hidden) now.scrollIntoView({ block: "nearest" });
}

/** Bring the entry that is shown back into sight where the list has become lower, as above longer words on networks.
    @type {(list: HTMLElement) => void} */
export function keepInSight(list) {
  let high = list.clientHeight;
  new ResizeObserver(() => {
    const now = /** @type {HTMLElement | null} */ (list.querySelector("[aria-current]")), { clientHeight } = list;
    const below = now ? now.getBoundingClientRect().bottom - list.getBoundingClientRect().top : 0;
    if (now && below > clientHeight && below <= high) now.scrollIntoView({ block: "nearest" }); // it was in sight
    high = clientHeight;
  }).observe(list);
}

/** Ask again for the thumbnails of slices whose volume was not open, around a place; elsewhere once one is there.
    @type {(list: HTMLElement, first: number, last: number) => void} */
export function retry(list, first, last) {
  for (const picture of /** @type {NodeListOf<HTMLImageElement>} */ (list.querySelectorAll("img[data-unread]"))) {
    const at = Number(/** @type {HTMLElement} */ (picture.closest("button")).dataset.place);
    if (at < first || at > last) continue;
    picture.src = /** @type {string} */ (picture.dataset.unread);
    delete picture.dataset.unread;
  }
}

let asked = 0; // counts the questions, so that a late answer is none

/** Ask which cases the networks have learned from, and mark them.
    @type {(list: HTMLElement, networks: string[], drops: string) => Promise<void>} */
export async function mark(list, networks, drops) {
  asked += 1;
  const mine = asked;
  const response = await fetch(`cases/marks?${new URLSearchParams({ networks: networks.join(","), drops })}`).catch(() => null);
  const marks = response?.ok ? await response.json() : [];
  if (mine !== asked) return;
  for (const button of buttons(list)) describe(button, button.dataset.path ?? "", marks[Number(button.dataset.place)] ?? "");
}

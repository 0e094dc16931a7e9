/* The slices of a case together: their guidance, computed in the background; see dashboard/service/series_guidance.py. */
import { byId, make, put, term } from "../../components/elements.js";
import { refusal, unlessMay } from "../../components/refusals.js";
import { SILENT } from "../../data/server_answers.js";
import { spelled } from "../../viewer/spans.js";
import { sideTools } from "./side_tools.js";
import * as sliceProfile from "./slice_profile.js";

/** How far a series is, as the server tells it.
    @typedef {{ total: number, done: number, isBegun: boolean, isOver: boolean, hold: string | null, left: number | null, note: string, failures: { slice: string, sentence: string }[] }} SeriesTold */

const NEEDS = "analyst"; // the role of who may start and hold a series
const SEEN = 1000, ASIDE = 3000, IDLE = 5000; // ms between two questions: while it is looked at, beside it, while nothing is computed

/** @type {any} */
let page = null;
/** @type {Record<string, any>} */
const parts = {};
/** @type {import("./side_tools.js").SideTools | null} */
let tools = null;
let serial = 0; // of the view that is followed
let timer = 0;

/** `explore` is asked what is shown.
    @type {(explore: any) => void} */
export function attach(explore) {
  page = explore;
  tools = sideTools("series", open);
  parts.title = make("h2");
  parts.said = make("p", { role: "status" });
  parts.note = make("p", { role: "status", class: "warns" });
  parts.bar = make("progress", { max: 1, "aria-label": "Slices whose guidance is computed" });
  parts.buttons = make("div", { class: "move-buttons" });
  parts.failures = make("details");
  byId("series-tools").replaceChildren(
    make("header", {}, parts.title, make("button", { type: "button", text: "Close", title: "Escape closes it too", onclick: () => tools?.close() })),
    make("h3", {}, term("Guidance of every slice", "Series")),
    parts.said, parts.note, parts.bar, parts.buttons, parts.failures,
    sliceProfile.built(explore, () => Boolean(tools?.isOpen())),
  );
}

/** Another view is shown, or the tools were opened: follow the series of what is shown. */
export function open() {
  serial += 1;
  clearTimeout(timer);
  follow(serial);
  sliceProfile.open();
}

/** @type {(mine: number) => Promise<void>} */
async function follow(mine) {
  const { view } = page.shown();
  if (!view) return;
  const found = await told(fetch(`explore/series?${words(view)}`));
  if (mine !== serial) return;
  if (found === undefined) return void (timer = setTimeout(follow, IDLE, mine)); // the server may be started anew
  if (!found) return;
  show(found, view);
  const isComputed = found.isBegun && !found.isOver && !found.hold;
  if (isComputed || tools?.isOpen()) timer = setTimeout(follow, isComputed ? (tools?.isOpen() ? SEEN : ASIDE) : IDLE, mine);
}

/** @type {(view: { pair: string, network: string }) => URLSearchParams} */
const words = ({ pair, network }) => new URLSearchParams({ pair, network });

/** What the server tells; null where it refuses, undefined where it does not answer, which the reader is told.
    @type {(asked: Promise<Response>) => Promise<SeriesTold | null | undefined>} */
async function told(asked) {
  const response = await asked.catch(() => null), found = await response?.json().catch(() => null);
  if (response?.ok && found) return found;
  put(parts.said, found?.error ?? SILENT);
  return response ? null : undefined;
}

/** Start, pause, cancel or resume; it is so for all who look at the series.
    @type {(how: string) => Promise<void>} */
async function tell(how) {
  const { view } = page.shown();
  if (view && await told(fetch(`explore/series/tell?${words(view)}&how=${how}`, { method: "POST" }))) open();
}

/** @type {(found: SeriesTold, view: any) => void} */
function show(found, view) {
  const { total, done, isBegun, isOver, failures } = found, button = byId("series-button");
  button.hidden = total < 2;
  if (total < 2 && tools?.isOpen()) tools.close();
  put(button, isBegun && !isOver ? `Series ${done}/${total}` : "Series…");
  put(parts.title, `Series of ${total} slices`);
  put(parts.said, sentence(found, view.network));
  put(parts.note, found.note);
  parts.note.hidden = !found.note;
  parts.bar.hidden = !isBegun;
  parts.bar.value = (done + failures.length) / total;
  const wanted = offered(found);
  if (parts.buttons.dataset.offered !== String(wanted)) {
    parts.buttons.dataset.offered = String(wanted);
    const why = wanted.length ? refusal(NEEDS) : "";
    parts.buttons.replaceChildren(...wanted.map(([how, text]) => unlessMay(NEEDS, make("button", { type: "button", text, onclick: () => tell(how) }))),
      ...(why ? [make("p", { class: "quiet", text: why })] : []));
  }
  if (parts.failures.dataset.count === String(failures.length)) return;
  parts.failures.dataset.count = String(failures.length);
  parts.failures.hidden = !failures.length;
  parts.failures.replaceChildren(make("summary", { text: failures.length === 1 ? "1 slice has none" : `${failures.length} slices have none` }),
    make("ul", {}, ...failures.map(({ slice, sentence: why }) => make("li", { text: `${slice}: ${why}` }))));
}

/** Which buttons stand there: what they tell the server, and their words.
    @type {(found: SeriesTold) => string[][]} */
export function offered({ isBegun, isOver, total, done, hold }) {
  if (!isBegun || isOver) return isBegun && done === total ? [] : [["start", isBegun ? "Start again" : "Compute"]];
  return [hold ? ["resume", "Resume"] : ["pause", "Pause"], ["cancel", "Cancel"]];
}

/** How far it is, in words.
    @type {(found: SeriesTold, network: string) => string} */
export function sentence({ isBegun, isOver, hold, total, done, left }, network) {
  if (!isBegun) return `Computes the guidance of all ${total} slices through ${network}, those near this one first, while nobody else needs the server. It goes on when this page is closed; a slice that is done is there at once.`;
  if (hold === "cancelled") return `Cancelled. The guidance of ${done} of ${total} slices is kept.`;
  if (isOver) return done === total ? `The guidance of all ${total} slices is there.` : `The guidance of ${done} of ${total} slices is there.`;
  if (hold) return `Paused: ${done} of ${total} slices are done.`;
  return `${done} of ${total} slices are done${left === null ? "" : `, ${spelled(left)} left`}.`;
}

/* How far a long computation is, and its buttons: pause, resume, cancel. Explore has one of them, Compare one a column. */
import { make, put } from "../components/elements.js";
import { refusal, unlessMay } from "../components/refusals.js";
import { spelled } from "./spans.js";

/** @typedef {"pause" | "cancel" | "resume"} How */
/** @typedef {{ root: HTMLElement, show: (about: any) => void, hide: () => void }} JobControls */

/** Nothing is said of what takes less, in seconds. */
const SHORT = 3;
/** The role of who may hold what all see. */
const NEEDS = "analyst";

/** What is said of unfinished guidance, and briefly where there is little room.
    @type {(about: { part: number, left: number | null, hold: string | null, isElsewhere?: boolean }, isBrief?: boolean) => string} */
export function sentence({ part, left, hold, isElsewhere }, isBrief = false) {
  const done = `${Math.min(Math.floor(100 * part), 99)} %`; // the last pixels may be known before it is checked
  if (hold === "cancelled") return isBrief ? "cancelled" : "Guidance is cancelled";
  if (hold === "paused") return isBrief ? `paused ${done}` : `Guidance is paused at ${done}`;
  if (isElsewhere) return isBrief ? "elsewhere" : "Guidance is computed by another process of this server, for all; it is shown once that has finished";
  const time = left !== null && left >= SHORT ? `, ${spelled(left)} left` : "";
  return isBrief ? `${done}${time.replace("about ", "")}` : `Guidance is sharpening: ${done}${time}`;
}

/** Buttons for one computation, `named` for a screen reader; `act` is told which was pressed. They are hidden until
    there is something to hold.
    @type {(named: string, act: (how: How) => Promise<void>) => JobControls} */
export function jobControls(named, act) {
  const halt = button(), end = button("✕", `Cancel ${named}: what is computed of it is given up`);
  const root = make("span", { class: "job-controls", role: "group", "aria-label": named }, halt, end);
  let isHeld = false;
  halt.addEventListener("click", () => press(isHeld ? "resume" : "pause"));
  end.addEventListener("click", () => press("cancel"));
  hide();
  return { root, show, hide };

  /** @type {(how: How) => Promise<void>} */
  async function press(how) {
    root.setAttribute("aria-busy", "true");
    await act(how).finally(() => root.removeAttribute("aria-busy"));
  }

  /** @type {(about: { hold: string | null, left: number | null }) => void} */
  function show({ hold, left }) {
    isHeld = Boolean(hold);
    root.hidden = !hold && (left === null || left < SHORT) && root.hidden; // buttons that flash past help nobody
    const word = hold === "cancelled" ? "Start" : hold ? "Resume" : "Pause";
    put(halt, hold ? "▶" : "❚❚");
    Object.assign(halt, { title: refusal(NEEDS) || `${word} ${named}`, ariaLabel: `${word} ${named}` });
    end.hidden = hold === "cancelled";
  }

  function hide() { root.hidden = true; }
}

/** @type {(text?: string, title?: string) => HTMLButtonElement} */
const button = (text = "", title = "") => unlessMay(NEEDS, make("button", { type: "button", text, title, "aria-label": title }));

/* A network that takes long is asked for: its rows stay empty, with how long it would take and a button that begins it. */
import { make } from "../../components/elements.js";
import { IMAGES } from "./rows.js";

/** The rows that wait for each, as the server names it.
    @type {Readonly<Record<string, string[]>>} */
const ROWS = Object.freeze({
  fused: IMAGES,
  guidance: ["guidance1", "guidance2", "rgb", "scatter", "difference1", "difference2"],
  jacobian: ["jacobian1", "jacobian2"],
});
/** @type {Readonly<Record<string, string>>} */
const NAMES = Object.freeze({ fused: "The fused image", guidance: "Guidance", jacobian: "The Jacobian of a pixel" });
/** @type {Readonly<Record<string, string>>} */
const WORDS = Object.freeze({ fused: "Fuse", guidance: "Compute guidance", jacobian: "Compute Jacobians" });

/** @type {(seconds: number) => string} */
export const about = (seconds) => (seconds < 0.95 ? `${Math.max(seconds, 0.1).toFixed(1)} s` : seconds < 90 ? `${Math.round(seconds)} s`
  : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`);

/** What is said in place of the pictures; `seconds` is null where nobody can tell.
    @type {(network: string, what: string, seconds: number | null) => string} */
export const sentence = (network, what, seconds) => (seconds === null
  ? `${NAMES[what]} of ${network} takes long: it sees the whole image, so that each pixel takes a pass of its own.`
  : `${NAMES[what]} of ${network} takes about ${about(seconds)} here.`);

/** The same in a picture that has no room for a sentence.
    @type {(seconds: number | null) => string} */
const brief = (seconds) => (seconds === null ? "takes long" : `about ${about(seconds)}`);

/** Whether a reader has asked for it, or need not.
    @type {(self: Column, what: string) => boolean} */
export const isMeant = (self, what) => !self.asks || !(what in self.asks) || self.begun.has(what);

/** Fill the rows that wait for `what`; returns once the reader has begun it.
    @type {(self: Column, what: string) => Promise<void>} */
export function asked(self, what) {
  return new Promise((resolve) => {
    clear(self, what);
    for (const image of ROWS[what]) {
      const begin = () => { self.begun.add(what); clear(self, what); resolve(); };
      self.root.querySelector(`.row[data-row="${image}"]`)?.append(make("div", { class: "ask", "data-ask": what },
        make("p", { class: "full", text: sentence(self.network, what, self.asks[what]) }),
        make("p", { class: "brief", text: brief(self.asks[what]), title: sentence(self.network, what, self.asks[what]) }),
        make("button", { type: "button", text: WORDS[what], "aria-label": `${WORDS[what]}: ${self.network}`, onclick: begin })));
    }
  });
}

/** @type {(self: Column, what?: string) => void} */
export function clear(self, what) {
  for (const each of self.root.querySelectorAll(what ? `.ask[data-ask="${what}"]` : ".ask")) each.remove();
}

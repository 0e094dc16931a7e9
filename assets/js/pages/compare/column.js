/* One network's column on Compare: its panels, what they show, its figures, and what goes wrong in it alone. */
import * as guidanceRequests from "../../data/guidance_requests.js";
import * as readiness from "../../data/readiness.js";
import * as wire from "../../data/wire.js";
import { INPUTS, announce, make, panel, put } from "../../components/elements.js";
import * as blend from "../../viewer/blend.js";
import * as estimated from "../../viewer/estimated.js";
import { jobControls, sentence as howFar } from "../../viewer/job_controls.js";
import * as networkView from "../../viewer/network_view.js";
import * as panelCanvases from "../../viewer/panel_canvases.js";
import * as scatterplot from "../../viewer/scatterplot.js";
import * as asks from "./asks.js";
import * as difference from "./difference.js";
import * as columnFigures from "./column_figures.js";
import { DIFFERENCES, IMAGES } from "./rows.js";

const PICTURES = ["fused", "guidance1", "guidance2", "rgb", "jacobian1", "jacobian2"];
const BLENDED = ["fused", "guidance1", "guidance2", "rgb"];
const MARGIN = 15; // of the scatterplot, in CSS pixels
/** Above which rows a column's own colour bar stands.
    @type {Record<string, string>} */
const BARS = { guidance1: "guidance", jacobian1: "jacobian", difference: "difference" };
let made = 0;

/** A new column; `page` is told of what the reader does in its head and of what arrives.
    @type {(network: string, page: any) => Column} */
export function column(network, page) {
  /** @type {any} */
  const self = { ...networkView.networkView(page.state), network, page, problem: "", isAsleep: false, asks: null, begun: new Set() };
  // The server gives up what a watcher asked for before: columns are watched one by one.
  self.watcher = `${guidanceRequests.page}-${made += 1}`;
  self.root = build(self);
  self.panels = panelCanvases.all(self.root);
  self.difference = difference.difference(self);
  for (const each of self.panels) if (each.image === "scatter") each.margin = MARGIN;
  return self;
}

/** @type {(self: Column) => HTMLElement} */
function build(self) {
  self.ownBars = Object.fromEntries(Object.values(BARS).map((kind) => [kind, make("canvas", { class: "bar", role: "img", "aria-label": "Colour scale" })]));
  const rows = IMAGES.flatMap((image) => {
    const picks = !image.startsWith("jacobian") && image !== "scatter";
    const panels = [panel(image, false, { picks, reaches: image === "fused" }), ...(image === "scatter" ? [] : [panel(image, true)])];
    const cells = make("div", { class: "row", "data-row": image }, ...panels);
    return BARS[image] ? [make("div", { class: "own-bar", "data-row": image }, self.ownBars[BARS[image]]), cells] : [cells];
  });
  self.figures = make("dl", { class: "column-figures" });
  self.metrics = make("dl", { class: "column-metrics" });
  const figures = make("div", { class: "row-figures", "data-row": "figures" }, self.figures, self.metrics);
  return make("section", { class: "column", "aria-label": self.network, "data-network": self.network }, head(self), ...rows, figures);
}

/** @type {(self: Column) => HTMLElement} */
function head(self) {
  const { network, page } = self;
  /** @type {(text: string, title: string, act: () => void) => HTMLButtonElement} */
  const button = (text, title, act) => make("button", { type: "button", text, title, "aria-label": title, onclick: act });
  self.left = button("◀", `Move ${network} to the left`, () => page.move(self, -1));
  self.right = button("▶", `Move ${network} to the right`, () => page.move(self, 1));
  const name = make("a", { text: network, title: `Open ${network} on Explore`, href: "./", onpointerdown: carry, onclick: carry });
  const hide = button("✕", `Hide ${network}`, () => page.hide(self));
  self.flag = make("span", { class: "column-flag", role: "img", text: "⚠ ", hidden: "" });
  self.status = make("span", { class: "column-status", role: "status" });
  self.controls = jobControls(`guidance of ${network}`, (how) =>
    guidanceRequests.hold(self.view, how).catch((/** @type {Error} */ error) => say(self, error.message)));
  self.sources = [1, 2].map(() => make("i", { class: "input-name" }));
  self.shares = [1, 2].map(() => make("span", { class: "figures" }));
  const shares = self.shares.map((/** @type {Element} */ each, /** @type {number} */ k) => make("div", { class: `share${k + 1}` }, self.sources[k], each));
  self.bar = make("span");
  return make("header", {},
    make("div", { class: "column-title" }, self.left, make("h2", { title: network }, self.flag, name), hide, self.right),
    make("div", { class: "column-shares", title: "Share of Σ|∂y/∂x| over all pixels of the inputs on this fused pixel, as on Explore (Verdict's share map may go by guidance instead), and the radius that holds 90 % of it" }, ...shares),
    make("div", { class: "shares empty" }, self.bar),
    make("div", { class: "column-progress" }, self.status, self.controls.root));

  function carry() {
    const words = new URLSearchParams(location.search);
    words.set("network", network);
    name.search = words;
  }
}

// ---- opening

/** Fetch the pictures of a pair through this network and follow its guidance.
    @type {(self: Column, pair: string, side: number) => Promise<void>} */
export async function open(self, pair, side) {
  const opened = self.opened = {};
  const isCurrent = () => opened === self.opened;
  if (self.pair !== pair) Object.assign(self, { pair, begun: new Set() });
  clear(self);
  say(self, "opening …");
  if (!await readiness.until(self.network, (sentence) => say(self, sentence), isCurrent)) return;
  let message;
  try {
    message = await fetched(self, pair, side, isCurrent);
  } catch (error) {
    if (isCurrent()) fail(self, error.message);
    return;
  }
  if (!isCurrent() || !message) return;
  const words = { pair, network: self.network };
  networkView.open(self, PICTURES, { ...message.about, ...words }, message.arrays, {
    path: "explore/window", words, draw: () => self.page.sharpened(self), failed: (sentence) => say(self, sentence),
  });
  label(self);
  self.root.classList.remove("opening");
  say(self, self.view.reason ? "slow" : "", self.view.reason);
  stand(self);
  wake(self, isCurrent);
  self.page.joined(self);
  if (!asks.isMeant(self, "guidance")) await asks.asked(self, "guidance");
  if (!isCurrent()) return;
  const isFinished = await guidanceRequests.follow(words, side, isCurrent,
    (arrays, about, isComplete) => takeGuidance(self, arrays, about, isComplete), reporter(self),
    () => guidanceRequests.looked(self.state), self.watcher);
  if (isFinished) self.page.finished(self);
  else if (!self.opened) guidanceRequests.leave(self.watcher); // the last question may have overtaken the farewell
}

/** The column's pictures; where fusing takes long, once its reader has asked for it.
    @type {(self: Column, pair: string, side: number, isCurrent: () => boolean) => Promise<Message | null>} */
async function fetched(self, pair, side, isCurrent) {
  for (;;) {
    const words = { pair, network: self.network, side, ...(self.begun.has("fused") ? { asked: 1 } : {}) };
    const message = await wire.ask("compare/column", words);
    if (!isCurrent()) return null;
    self.asks = message.about.asks;
    if (message.arrays.fused) return message;
    say(self, "not begun");
    await asks.asked(self, "fused");
    if (!isCurrent()) return null;
    say(self, `fusing, about ${asks.about(self.asks.fused)} …`);
  }
}

/** The pointer asks this network too, at once or, where a Jacobian takes long, once its reader has asked for it.
    @type {(self: Column, isCurrent: () => boolean) => Promise<void>} */
async function wake(self, isCurrent) {
  self.isAsleep = !asks.isMeant(self, "jacobian");
  if (!self.isAsleep) return;
  await asks.asked(self, "jacobian");
  if (!isCurrent()) return;
  self.isAsleep = false;
  self.page.renew();
}

/** Nothing of the pair before may stand beside something new.
    @type {(self: Column) => void} */
function clear(self) {
  networkView.clear(self);
  difference.clear(self.difference);
  self.problem = "";
  self.controls.hide();
  label(self);
  self.root.classList.remove("failed", "sharpening", "awaiting");
  self.root.classList.add("opening");
  asks.clear(self);
  self.asks = null;
  for (const each of [...self.shares, ...self.sources]) put(each, "");
  self.bar.parentElement.classList.add("empty");
  columnFigures.correlate(self, null);
  columnFigures.measure(self, null, []);
  stand(self);
}

/** Beside the name: whether the network was made for this pair, and has learned from its case.
    @type {(self: Column) => void} */
function stand({ network, view, flag }) {
  const { standing = "", warning = "" } = view ?? {};
  flag.hidden = !warning;
  flag.title = warning;
  flag.setAttribute("aria-label", warning);
  flag.parentElement.title = [network, standing].filter(Boolean).join(": ");
}

/** @type {(self: Column) => void} */
export function close(self) {
  self.opened = null;
  guidanceRequests.leave(self.watcher);
  clear(self);
  self.root.remove();
}

/** Name every panel after its input and this network, which it has before its pictures come and where they fail.
    @type {(self: Column) => void} */
export function label(self) {
  const [one, two] = self.view?.names || INPUTS;
  /** @type {Record<string, string>} */
  const names = {
    fused: "Fused", guidance1: `Guidance ${one}`, guidance2: `Guidance ${two}`, rgb: "Guidance RGB",
    jacobian1: `Jacobian ${one}`, jacobian2: `Jacobian ${two}`, scatter: "Scatterplot",
    ...difference.titles(self),
  };
  for (const each of self.panels) {
    const text = `${names[each.image]}${each.isZoom ? ", zoom" : ""}, ${self.network}`;
    announce(each, text);
    each.plot.title = each.picks || !self.view ? "" : text;
  }
}

// ---- what goes wrong, and how far guidance is

/** @type {(self: Column, text: string, title?: string) => void} */
function say(self, text, title = text) {
  put(self.status, text);
  self.status.title = title;
}

/** This column has failed; the others live.
    @type {(self: Column, sentence: string) => void} */
function fail(self, sentence) {
  self.problem = sentence;
  self.root.classList.add("failed");
  say(self, sentence);
}

/** @type {(self: Column) => GuidanceReport} */
function reporter(self) {
  return {
    progress(done, total, about) {
      const isComplete = total > 0 && done === total;
      self.root.classList.toggle("sharpening", !isComplete);
      if (about && about.reason !== self.view.reason) {
        self.view.reason = about.reason; // crops were found to be wrong on this pair
        self.page.renew();
      }
      const note = estimated.tell(self.root, about);
      if (self.problem) return;
      if (isComplete || !about) self.controls.hide();
      else self.controls.show(about);
      const far = about || { part: 0, left: null, hold: null };
      if (isComplete) say(self, note && "estimated", note);
      else say(self, howFar(far, true), howFar(far));
    },
    stuck: (why) => say(self, why),
    offered(why, words) {
      say(self, `${why} `, why);
      self.controls.hide();
      self.page.renew();
      return new Promise((/** @type {(value?: any) => void} */ resolve) => {
        self.status.append(make("button", { type: "button", text: words, onclick: () => { say(self, ""); resolve(); } }));
      });
    },
  };
}

// ---- what arrives

/** This network's part of an answer: its two windows and its figures at the pixel, or why there are none.
    @type {(self: Column, part: any, arrays: Record<string, any>) => void} */
export function take(self, part, arrays) {
  if (part.problem) {
    self.answer = null;
    return fail(self, part.problem);
  }
  if (self.problem) {
    self.problem = "";
    self.root.classList.remove("failed");
    say(self, "");
  }
  self.root.classList.toggle("awaiting", Boolean(part.is_absent)); // what stands there is another pixel's
  if (part.is_absent) return;
  networkView.take(self, { about: part, arrays });
  columnFigures.overtake(self);
  /** @type {(value: number | null, digits: number, unit: string) => string} */
  const number = (value, digits, unit) => (value === null ? "—" : `${value.toFixed(digits)}${unit}`);
  self.shares.forEach((/** @type {Element} */ each, /** @type {number} */ k) => {
    const share = part[`share${k + 1}`], radius = part[`radius${k + 1}`];
    put(self.sources[k], self.view.names[k]);
    put(each, ` ${number(share === null ? null : 100 * share, 1, " %")} · ${number(radius, radius < 10 ? 1 : 0, " px")}`);
  });
  self.bar.parentElement.classList.toggle("empty", part.share1 === null);
  self.bar.style.width = `${100 * (part.share1 ?? 0)}%`;
  put(self.time, `${part.milliseconds.toFixed(1)} ms`);
  put(self.value, number(part.y, 3, "").replace("-", "−"));
}

/** @type {(self: Column, arrays: any, about: any, isComplete: boolean) => void} */
function takeGuidance(self, arrays, about, isComplete) {
  networkView.takeGuidance(self, arrays, about, isComplete);
  self.page.sharpened(self);
}

// ---- painting

/** `other` is what its pictures are blended with, if anything.
    @type {(self: Column, state: ViewerState, spans: object | null, other: Column | null) => void} */
export function draw(self, state, spans, other) {
  for (const image of BLENDED) blend.over(self.pictures[image], pictureFor(other, image));
  for (const each of self.panels) {
    if (!isShown(each, state)) continue;
    const picture = each.image === "scatter" ? self.guidance : pictureOf(self, each);
    each.root.parentElement?.classList.toggle("empty", !picture); // what is not computed is not painted
    if (each.image === "scatter") drawScatter(self, each, state, spans);
    else panelCanvases.draw(each, /** @type {Picture | null} */ (picture), state);
  }
}

/** @type {(other: Column | null, image: string) => Picture | null} */
const pictureFor = (other, image) => other && networkView.pictureIn(other, /** @type {any} */ ({ image, isZoom: false }));

/** @type {(self: Column, each: Panel) => Picture | null} */
const pictureOf = (self, each) =>
  (DIFFERENCES[each.image] ? difference.pictureIn(self.difference, each) : networkView.pictureIn(self, each));

/** Without zooms a Jacobian is its zoom: around it there is nothing.
    @type {(each: Panel, state: ViewerState) => boolean} */
const isShown = (each, state) => state.shown.has(each.image)
  && (state.zooms || each.isZoom === each.image.startsWith("jacobian"));

/** @type {(self: Column, each: Panel, state: ViewerState, spans: object | null) => void} */
function drawScatter(self, each, state, spans) {
  const guidance = self.guidance && { ...self.guidance, ...(spans || {}) };
  scatterplot.draw(each, guidance, state, self.exact);
  if (guidance && state.pixel) scatterplot.axes(each, guidance, self.view.names, state.ink);
}

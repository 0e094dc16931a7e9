/* What one network shows of a pair: its pictures, its guidance as it sharpens, the exact window of a large image and the
   Jacobian of the pixel. Explore has one, Compare one a column. */
import * as exactWindows from "../data/exact_windows.js";
import { limitOf } from "../imaging/colormap.js";
import * as painting from "../imaging/painting.js";
import { range } from "./scatterplot.js";

const NOTHING = { view: null, images: null, pictures: {}, guidance: null, exact: null, answer: null };

/** A network's view before anything is opened; `state` is the viewer's.
    @type {(state: ViewerState) => NetworkView} */
export const networkView = (state) => ({ ...NOTHING, state, windows: exactWindows.follower(), serial: 0 });

/** Forget what belongs to the pair before.
    @type {(self: NetworkView) => void} */
export function clear(self) {
  self.windows.attach(null);
  Object.assign(self, NOTHING, { pictures: {} });
}

/** A pair's pictures are here, one canvas for each of `names`. `windows`: where exact windows of a large image are
    asked for ({path, words}), who draws them and who tells of one that does not come.
    @type {(self: NetworkView, names: string[], view: any, images: Record<string, any>, windows: { path: string, words: Words, draw: () => void, failed: (sentence: string) => void }) => void} */
export function open(self, names, view, images, { path, words, draw, failed }) {
  Object.assign(self, { view, images, pictures: painting.empty(names, view) });
  showImages(self);
  if (view.step === 1) return;
  self.windows.attach({ key: view.key, path, words }, (message) => {
    self.exact = message;
    painting.exactImages(self.pictures, message, self.state.color, self.state.levels);
    draw();
  }, failed);
}

/** Inputs and fused image, grey or in colour.
    @type {(self: NetworkView) => void} */
export function showImages(self) {
  if (!self.images) return;
  painting.images(self.pictures, self.images, self.state.color, self.state.levels);
  if (self.exact) painting.exactImages(self.pictures, self.exact, self.state.color, self.state.levels);
}

/** Guidance has become sharper, or is finished.
    @type {(self: NetworkView, arrays: any, about: any, isComplete: boolean) => void} */
export function takeGuidance(self, arrays, about, isComplete) {
  self.serial += 1;
  const [rangeX, rangeY] = about.axes || [range(arrays.first), range(arrays.second)];
  self.guidance = { ...about, ...arrays, rangeX, rangeY, serial: self.serial, isComplete, limitOf: {} };
  painting.overlay(self.pictures.rgb, arrays, self.images?.blue, about.ranges);
  self.windows.sharpened(about.done, self.state);
}

/** The Jacobian of the viewer's pixel.
    @type {(self: NetworkView, answer: { about: any, arrays: Record<string, any> }) => void} */
export function take(self, answer) {
  self.answer = answer;
  self.windows.follow(self.state);
}

// ---- painting

/** The value at the end of guidance's own scale; 0 where there is none.
    @type {(self: NetworkView) => number} */
export function guidanceLimit({ guidance, state: { display } }) {
  if (!guidance) return 0;
  guidance.limitOf[display] ??= guidance.limits
    ? guidance.limits[display] : limitOf([guidance.first, guidance.second], display);
  return guidance.limitOf[display];
}

/** The same of the Jacobian.
    @type {(self: NetworkView) => number} */
export const jacobianLimit = ({ answer, state: { display } }) =>
  (answer ? limitOf([answer.arrays.first, answer.arrays.second], display) : 0);

/** @type {(self: NetworkView, scale: Scale) => void} */
export function paintGuidance({ guidance, pictures, exact }, scale) {
  if (!guidance) return;
  painting.guidance(pictures, guidance, scale);
  if (exact) painting.exactGuidance(pictures, exact, scale, guidance.ranges);
}

/** @type {(self: NetworkView, scale: Scale) => void} */
export function paintJacobian({ answer, pictures, view }, scale) {
  if (answer) painting.jacobian(pictures, answer.arrays, answer.about, scale, view.step, answer.about.is_cut);
}

/** The picture that a panel shows, hatched as far as nothing is known; null before a view is opened.
    @type {(self: NetworkView, panel: Panel) => Picture | null} */
export const pictureIn = ({ pictures, state }, { image, isZoom }) =>
  (!isZoom || state.awaited || state.pixel ? pictures[image] ?? null : null);

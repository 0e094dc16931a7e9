/* Large images: zooms show the exact window around the pixel, which is fetched as the pixel moves. */
import * as wire from "./wire.js";

const LEAST = 96; // pixels a side of an exact window: small moves need no new one
const ROOM = 24; // pixels around what the zooms show
const LARGEST = 512; // as in dashboard/pages/explore/routes.py

/** What fetches the exact windows of one view.
    @type {() => WindowFollower} */
export function follower() {
  /** @type {Parameters<WindowFollower["attach"]>[0]} */
  let view = null;
  /** @type {(message: Message) => void} */
  let onWindow = () => {};
  /** @type {(sentence: string) => void} */
  let onProblem = () => {};
  /** @type {Pixel & { side: number } | null} */
  let wanted = null;
  let isAsking = false;
  /** @type {Message | null} */
  let latest = null; // the exact window at hand
  let newest = 0; // passes of guidance that it should hold

  /** Fetch the exact windows of `nextView` ({key, words, path}) from now on; `shown` is told of each, `failed` of
      what does not come. Null: there is no need.
      @type {WindowFollower["attach"]} */
  function attach(nextView, shown = () => {}, failed = () => {}) {
    view = nextView;
    onWindow = shown;
    onProblem = failed;
    wanted = latest = null;
    newest = 0;
  }

  /** Have an exact window that holds what the zooms show around the state's pixel.
      @type {WindowFollower["follow"]} */
  function follow({ pixel, window: shown, width, height }) {
    if (!view || !pixel) return;
    const half = Math.floor(shown / 2);
    const seen = {
      top: Math.max(pixel.row - half, 0), bottom: Math.min(pixel.row + half + 1, height),
      left: Math.max(pixel.col - half, 0), right: Math.min(pixel.col + half + 1, width),
    };
    if (holds(latest, seen)) return;
    wanted = { ...pixel, side: Math.min(Math.max(shown + 2 * ROOM, LEAST), LARGEST) };
    if (!isAsking) next();
  }

  /** Guidance has become sharper: the window is out of date.
      @type {WindowFollower["sharpened"]} */
  function sharpened(done, state) {
    newest = done;
    follow(state);
  }

  /** @type {(message: Message | null, seen: { top: number, bottom: number, left: number, right: number }) => boolean} */
  function holds(message, { top, bottom, left, right }) {
    if (!message || message.about.done < newest) return false;
    const { about, arrays: { fused } } = message;
    const [rows, cols] = fused.shape;
    return about.top <= top && about.left <= left && about.top + rows >= bottom && about.left + cols >= right;
  }

  async function next() {
    isAsking = true;
    while (view && wanted) {
      const asked = view, words = { ...view.words, ...wanted };
      wanted = null;
      try {
        const message = await wire.ask(view.path, words);
        if (asked !== view || message.about.key !== view.key) continue;
        latest = message;
        newest = Math.min(newest, message.about.done);
        onWindow(message);
      } catch (error) {
        if (asked === view) onProblem(error.message); // zooms stay coarse until the next move
      }
    }
    isAsking = false;
  }

  return { attach, follow, sharpened };
}

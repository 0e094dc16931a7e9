/* The request loop under the pointer: one in flight, the latest position wins, stale answers are dropped.

   What takes long (a network that looks at the whole image) does not follow the pointer. Its answers say so, and are
   asked for once a pixel is chosen: by a click, by keys, or by a pointer that dwells. The latest choice is followed
   until it is answered, cancelled, or another one is made; the pointer may go on meanwhile. Where it has reached a
   pixel whose answer is here, that one stays on the screen, and the late answer is kept for when it comes back.

   A step by key asks for the next steps in its direction too, and keeps the answers. They are the same exact
   Jacobians; a pixel that is already here is shown without asking. A moving pointer is not guessed at: on two
   cores shared by server and browser the guesses cost more than they gave. */
import * as guidanceRequests from "./guidance_requests.js";
import * as wire from "./wire.js";

/** @typedef {{ path: string, words: Words }} Asked */

const KEPT = 4096;
const KNOWN = 256; // answers kept
const AHEAD = 8; // pixels asked for at a time besides the wanted one, at most …
const AHEAD_MS = 8; // … and as many as the server computes in this time
const DWELL = 700; // ms without a move after which a pixel is chosen
const HEAVY = 2 ** 18; // bytes of an answer above which none is asked for ahead: the network is not local
/** When each pixel was pointed at, asked for, answered and painted (ms of performance.now), for benchmarks.
    @type {Timing[]} */
export const timings = [];
/** @type {Timing[]} */
const afterFrame = [];
const channel = new MessageChannel();
channel.port1.onmessage = () => { for (const timing of afterFrame.splice(0)) timing.shown = performance.now(); };

/** @type {Asked | null} */
let view = null; // {path, words}: what pixels are asked of; a new one makes every older answer stale
/** @type {Timing | null} */
let wanted = null;
/** @type {Pixel[]} */
let hoped = [];
let isAsking = false;
/** @type {(message: Message, timing: Timing) => void} */
let onAnswer = () => {};
/** @type {(error: Error) => void} */
let onProblem = () => {};
let room = 0; // pixels that may be asked for ahead
/** @type {Timing | null} */
let latest = null; // the pixel pointed at last …
let isChosen = false; // … whether it was chosen …
let absent = ""; // … and the place whose answer said that it takes long
/** @type {{ pixel: Timing } | null} */
let followed = null; // {pixel}: a choice that is waited for
let dwellTimer = 0;
/** @type {Map<string, Message>} */
const known = new Map(); // answers of the view by place, the oldest first

/** @type {(pixel: Pixel) => string} */
const placeOf = ({ row, col }) => `${row},${col}`;

/** Ask the following pixels of `words` at `path`; null until there is something again.
    @type {(path: string | null, words?: Words, answered?: (message: Message, timing: Timing) => void, failed?: (error: Error) => void) => void} */
export function attach(path, words = {}, answered = () => {}, failed = () => {}) {
  view = path ? { path, words } : null;
  wanted = latest = followed = null;
  absent = "";
  hoped = [];
  known.clear();
  clearTimeout(dwellTimer);
  onAnswer = answered;
  onProblem = failed;
}

/** Want the Jacobian of a pixel; `since` is when it was pointed at, `ahead` which ones may come next.
    @type {(pixel: Pixel, since?: number, ahead?: Pixel[]) => void} */
export function want(pixel, since = performance.now(), ahead = []) {
  wanted = latest = { row: pixel.row, col: pixel.col, event: since };
  hoped = ahead;
  isChosen = false;
  clearTimeout(dwellTimer);
  dwellTimer = setTimeout(choose, DWELL);
  deliver();
  if (!isAsking) next();
}

/** The pixel pointed at last is meant: it is computed, however long that takes.
    @type {() => void} */
export function choose() {
  clearTimeout(dwellTimer);
  if (!latest) return;
  isChosen = true;
  if (absent === placeOf(latest)) follow(latest);
}

/** Ask for a chosen pixel until it is there.
    @type {(pixel: Timing) => Promise<void>} */
async function follow(pixel) {
  if (followed && placeOf(followed.pixel) === placeOf(pixel)) return;
  const mine = followed = { pixel }, asked = /** @type {Asked} */ (view), sent = performance.now();
  const isCurrent = () => mine === followed && asked === view;
  try {
    while (isCurrent()) {
      const words = { ...asked.words, row: pixel.row, col: pixel.col, chosen: 1, page: guidanceRequests.page };
      const messages = await wire.askAll(asked.path, words);
      if (!isCurrent()) return;
      const [message] = messages, { again } = message.about;
      const under = again ? null : latest && known.get(placeOf(latest)); // a large one is dropped by the next
      if (!again) followed = null;
      if (!again) keep(message);
      const timing = under && latest ? { ...latest, isAhead: true } : { ...pixel, sent, ...account(messages) };
      onAnswer(under || message, { ...timing, received: performance.now() });
      if (!again) return;
      await new Promise((resolve) => { setTimeout(resolve, 1000 * again); });
    }
  } catch (error) {
    if (!isCurrent()) return;
    followed = null;
    onProblem(error);
  }
}

/** Wait for no choice any more; the server ends what it computes. */
export function cancel() {
  followed = null;
  absent = "";
  if (!view) return;
  const words = new URLSearchParams({ ...view.words, page: guidanceRequests.page });
  navigator.sendBeacon(`${view.path.replace("jacobian", "cancel")}?${words}`);
}

/** Hand over the wanted pixel if it is known. */
function deliver() {
  const message = wanted && known.get(placeOf(wanted));
  if (!wanted || !message) return;
  const timing = { ...wanted, isAhead: true, received: performance.now() };
  wanted = null;
  onAnswer(message, timing);
}

async function next() {
  isAsking = true;
  for (let pixels = chosen(); view && pixels.length; pixels = chosen()) {
    const asked = view, first = wanted;
    wanted = null;
    const sent = performance.now();
    try {
      const messages = await request(asked, pixels);
      if (asked !== view) continue;
      messages.forEach(keep);
      if (wanted && known.has(placeOf(wanted))) deliver();
      // Whatever the pointer reached meanwhile: where answers are slow, the pixel before is better than none.
      else if (first) onAnswer(messages[0], { ...first, sent, ...account(messages), received: performance.now() });
      if (first && messages[0].about.is_absent) postpone(first);
    } catch (error) {
      if (asked === view && first) onProblem(error);
    }
  }
  isAsking = false;
}

/** The answer of a pixel takes long: it is followed once the pixel is chosen.
    @type {(pixel: Timing) => void} */
function postpone(pixel) {
  absent = placeOf(pixel);
  if (isChosen && latest && placeOf(latest) === absent) follow(pixel);
}

/** The pixels of the next request: the wanted one, then those that are hoped for and not here yet.
    @type {() => Pixel[]} */
function chosen() {
  /** @type {Map<string, Pixel>} */
  const pixels = new Map(wanted ? [[placeOf(wanted), wanted]] : []);
  const most = room + pixels.size;
  for (const pixel of hoped) {
    if (pixels.size < most && !known.has(placeOf(pixel))) pixels.set(placeOf(pixel), pixel);
  }
  hoped = [];
  return [...pixels.values()];
}

/** @type {(asked: Asked, pixels: Pixel[]) => Promise<Messages>} */
function request({ path, words }, [{ row, col }, ...others]) {
  const ahead = others.map(placeOf).join(",");
  return wire.askAll(path, ahead ? { ...words, row, col, ahead } : { ...words, row, col });
}

/** @type {(message: Message) => void} */
function keep(message) {
  const { about, size } = message;
  if (about.is_absent) {
    room = 0;
    return;
  }
  const [oldest] = known.values();
  const isOther = oldest && oldest.about.key !== about.key; // files or weights have changed
  if (isOther || size > HEAVY) known.clear();
  known.set(placeOf(about), message);
  if (known.size > KNOWN) known.delete(/** @type {string} */ (known.keys().next().value));
  room = size > HEAVY ? 0 : Math.min(Math.floor(AHEAD_MS / Math.max(about.milliseconds, 0.1)), AHEAD);
}

/** Where the time of a request went, in ms.
    @type {(messages: Messages) => object} */
function account(messages) {
  const [{ about: { milliseconds, queued } }] = messages, { arrived, handled } = messages;
  return { arrived, pixels: messages.length, server: { milliseconds, queued, handled } };
}

/** Note that an answer is drawn; called in the frame that draws it, which began at `frame`.
    @type {(timing: Timing, frame: number) => void} */
export function painted(timing, frame) {
  Object.assign(timing, { frame, painted: performance.now() });
  // A message comes after the frame's own work: style, layout, painting, handing over to the compositor.
  afterFrame.push(timing);
  channel.port2.postMessage(null);
  timings.push(timing);
  if (timings.length > KEPT) timings.shift();
}

/** Whether nothing is asked for any more, not even ahead. */
export const isIdle = () => !isAsking;

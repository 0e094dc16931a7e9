/* A disk drawn on a picture from its centre outwards; a press without a drag is a click. */
import { pictureOf } from "../../viewer/picture_hands.js";
import { placeOf } from "../../viewer/pixels.js";

const LEAST = 4; // screen pixels that are a drag

/** @type {{ surface: HTMLElement, size: Size, from: PointerEvent, mark: HTMLElement } | null} */
let stroke = null;

/** @type {(event: PointerEvent, surface: HTMLElement, size: Size) => void} */
export function begin(event, surface, size) {
  giveUp();
  surface.setPointerCapture(event.pointerId);
  const mark = document.createElement("i");
  mark.className = "ask-stroke";
  mark.hidden = true;
  surface.append(mark);
  stroke = { surface, size, from: event, mark };
}

/** Screen pixels from where the stroke began.
    @type {(event: PointerEvent) => number} */
const drawn = (event) => (stroke ? Math.hypot(event.clientX - stroke.from.clientX, event.clientY - stroke.from.clientY) : 0);

/** From where the stroke began, in pixels of the image: those are what a disk is round in.
    @type {(event: PointerEvent) => { centre: Pixel, radius: number, across: number, down: number }} */
function measured(event) {
  const { surface, size, from } = /** @type {NonNullable<typeof stroke>} */ (stroke), picture = pictureOf(surface);
  const { width, height } = picture.getBoundingClientRect(), across = width / size.width, down = height / size.height;
  const radius = Math.hypot((event.clientX - from.clientX) / across, (event.clientY - from.clientY) / down);
  return { centre: placeOf(from, picture, size), radius, across, down };
}

/** @type {(event: PointerEvent) => void} */
export function extend(event) {
  if (!stroke) return;
  const box = stroke.surface.getBoundingClientRect(), { radius, across, down } = measured(event);
  stroke.mark.hidden = drawn(event) < LEAST;
  const wide = radius * across, high = radius * down;
  const left = stroke.from.clientX - box.left - wide, top = stroke.from.clientY - box.top - high;
  Object.assign(stroke.mark.style, { left: `${left}px`, top: `${top}px`, width: `${2 * wide}px`, height: `${2 * high}px` });
}

/** What was drawn: its centre in pixel edges, and its radius in pixels of the image, 0 for a click.
    @type {(event: PointerEvent) => { centre: Pixel, radius: number } | null} */
export function finish(event) {
  if (!stroke) return null;
  const far = drawn(event), { centre, radius } = measured(event);
  giveUp();
  return { centre, radius: far < LEAST ? 0 : Math.max(Math.round(radius), 1) };
}

/** Nothing is drawn any more. */
export function giveUp() {
  stroke?.mark.remove();
  stroke = null;
}

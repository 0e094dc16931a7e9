"""How long from a turn of the wheel, or a move of a drag, to the repainted panels of Explore?

A script turns the wheel, pans with the middle button and drags window and level with the right one, 60 times a
second, on a phantom of 256 × 256 pixels at 1920 × 1080. Counted are the milliseconds from each event to the end of
the frame after it, in which it is drawn, and those of the frame's work alone.

    python -m benchmarks.hands --seconds 5 --json hands.json
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import numpy as np
from playwright.sync_api import Page

from benchmarks.client import serving
from benchmarks.pointer import browser_page, prepare, wait_for_guidance
from benchmarks.timing import report

SIDE, NETWORK = 256, "MaskNet"
GESTURES = ("wheel", "pan", "levels", "gamma")

MAKE = """async ({ gesture, seconds }) => {
  const image = { gamma: "guidance1" }[gesture] ?? "fused";
  const plot = document.querySelector(`.panel[data-image=${image}][data-zoom='0'] .plot`);
  const frame = plot.getBoundingClientRect(), found = [];
  const at = (part) => ({
    clientX: frame.left + frame.width * part, clientY: frame.top + frame.height * 0.5,
    bubbles: true, cancelable: true,
  });
  const wheel = (deltaY) => plot.dispatchEvent(new WheelEvent("wheel", { ...at(0.4), deltaY }));
  const button = { pan: 1, levels: 2, gamma: 2 }[gesture];
  const point = (kind, part) => plot.dispatchEvent(new PointerEvent(kind, { ...at(part), button, pointerId: 1 }));
  plot.setPointerCapture = () => {}; // of a pointer that is none
  if (gesture === "pan") wheel(-300);
  if (gesture !== "wheel") point("pointerdown", 0.5);
  const start = performance.now();
  for (let turn = 1; performance.now() - start < 1000 * seconds; turn += 1) {
    const before = await new Promise(requestAnimationFrame);
    const event = performance.now();
    if (gesture === "wheel") wheel(turn % 16 < 8 ? -100 : 100);
    else point("pointermove", 0.5 + 0.2 * Math.sin(turn / 9));
    const drawing = await new Promise((resolve) => { // the page asked for its frame before
      requestAnimationFrame((time) => resolve({ time, end: performance.now() }));
    });
    const shown = await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.now());
      port2.postMessage(0);
    });
    found.push({ event, before, frame: drawing.time, painted: drawing.end, shown });
  }
  if (gesture !== "wheel") point("pointerup", 0.5);
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "0" }));
  return found;
}"""


def main() -> None:
    """Measure every gesture, print a table, write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5, help="how long each gesture lasts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="one second a gesture: does it run?")
    args = parser.parse_args()
    report(measure(1 if args.quick else args.seconds), args.json)


def measure(seconds: float) -> list[dict[str, Any]]:
    """A row for each gesture."""
    with tempfile.TemporaryDirectory() as folder:
        pairs, cache = Path(folder, "heads"), Path(folder, "cache")
        prepare(pairs, cache, [NETWORK], [SIDE])
        with serving(cache, ["--pairs", str(pairs)]) as server, browser_page() as page:
            page.goto(f"{server.address}/?{urlencode({'pair': f'heads/{SIDE}', 'network': NETWORK})}")
            wait_for_guidance(page)
            page.keyboard.press("Escape")
            return [{"gesture": each, **_summary(_timings(page, each, seconds))} for each in GESTURES]


def _timings(page: Page, gesture: str, seconds: float) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.evaluate(MAKE, {"gesture": gesture, "seconds": seconds})
    return found


def _summary(timings: Sequence[Mapping[str, float]]) -> dict[str, float]:
    shown = [each["shown"] - each["event"] for each in timings]
    drawn = [each["painted"] - each["frame"] for each in timings]
    return {
        "events": len(timings),
        "shown_median_ms": float(median(shown)),
        "shown_p95_ms": float(np.percentile(shown, 95)),
        "draw_median_ms": float(median(drawn)),
        "draw_p95_ms": float(np.percentile(drawn, 95)),
    }


if __name__ == "__main__":
    main()

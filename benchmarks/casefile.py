"""How large is a case file, how long does writing it take, how far off is it, and how often does hovering show?

Each network's file of a pair is written by the command, opened from the disk in a Chromium without a network, and
the pointer moved over the fused image in every frame. Counted are the pixels whose Jacobians were drawn, a second.

    python -m benchmarks.casefile --pairs my_pairs --pair 0001 --json casefile.json
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.timing import report
from support.browser import ARGUMENTS, executable, waits_as_its_policy_allows

NETWORKS = ("FunFuseAn", "DeepFuse", "MaskNet")
SAID = re.compile(r"([\d.]+) KiB a pixel; a value differs by at most ([\d.e-]+), ([\d.]+%)")
HOVER = """async (seconds) => {
  const { timings } = await import("fusevis/data/kept_windows.js");
  const plot = document.querySelector('.panel[data-image="fused"] .plot'), box = plot.getBoundingClientRect();
  timings.length = 0;
  const start = performance.now();
  for (let turn = 0; performance.now() - start < 1000 * seconds; turn += 1) {
    await new Promise(requestAnimationFrame);
    await new Promise((resolve) => { setTimeout(resolve, 3); }); // an event comes between two frames
    const clientX = box.left + box.width * (0.5 + 0.4 * Math.sin(turn / 37));
    const clientY = box.top + box.height * (0.5 + 0.4 * Math.cos(turn / 53));
    plot.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, bubbles: true }));
  }
  const waits = timings.map(({ event, painted }) => painted - event).sort((one, other) => one - other);
  return [timings.length / seconds, waits[Math.floor(waits.length / 2)]];
}"""


def main() -> None:
    """Write, open and hover a file of each network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, help="a folder of pairs; else a phantom")
    parser.add_argument("--pair", help="which one of them")
    parser.add_argument("--seconds", type=float, default=5, help="how long each file is hovered")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="a small part of the picture: does it run?")
    args = parser.parse_args()
    pair = ["--pairs", str(args.pairs), "--pair", args.pair] if args.pairs else ["--phantom", "7"]
    part = ["--rectangle", "96,96,127,127"] if args.quick else []
    with tempfile.TemporaryDirectory() as folder:
        rows = [_row(name, [*pair, *part], Path(folder) / "case.html", args.seconds) for name in NETWORKS]
    report(rows, args.json)


def _row(name: str, words: Sequence[str], file: Path, seconds: float) -> Mapping[str, Any]:
    command = [sys.executable, "-m", "dashboard", "casefile", *words, "--networks", name, "--out", str(file)]
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    took = time.perf_counter() - start
    found = SAID.search(done.stdout)
    if found is None:
        raise RuntimeError("The command did not say how large the file is.")
    opened, updates, wait = _hovered(file, seconds)
    return {
        "network": name,
        "kib_a_pixel": float(found[1]),
        "file_mb": file.stat().st_size / 1e6,
        "written_s": took,
        "error": float(found[2]),
        "error_of_largest": found[3],
        "opened_s": opened,
        "updates_a_second": updates,
        "pointer_to_paint_ms": wait,
    }


def _hovered(file: Path, seconds: float) -> tuple[float, float, float]:
    """Seconds until it is open, updates a second, and the median of milliseconds from a move to its picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
        page = context.new_page()
        waits_as_its_policy_allows(page)
        start = time.perf_counter()
        page.goto(file.as_uri())
        page.wait_for_function("document.body.dataset.ready")
        opened = time.perf_counter() - start
        updates, wait = page.evaluate(HOVER, seconds)
        browser.close()
    return opened, updates, wait


if __name__ == "__main__":
    main()

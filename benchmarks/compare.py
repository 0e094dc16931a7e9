"""Updates a second on Compare: one pointer over several networks in headless Chromium, server beside it.

The pointer of `benchmarks.pointer` moves over the first column's fused image; counted are the pixels for which
all columns were drawn. Beside it stands the plain way on this machine: one full image's autograd for each
network, one after the other. Guidance images are stand-ins put into the cache beforehand.

    python -m benchmarks.compare --seconds 10 --json compare.json
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import numpy as np
import torch

from benchmarks.client import serving
from benchmarks.pointer import REST, browser_page, move, plain_way, prepare
from benchmarks.timing import report
from dashboard.settings import Settings

NETWORKS = ("FunFuseAn", "MaskNet", "DeepFuse", "DeepPedestrian", "Weighted Averaging")
COUNTS = (2, 4, 5)
SIDE = 256
READY = """(count) => window.FuseVis && FuseVis.compare.columns.size === count
  && [...FuseVis.compare.columns.values()].every(({ answer, guidance }) => answer && guidance?.isComplete)
  && document.querySelector(".compare-table td") && !document.querySelector("[title='being measured']")"""


def main() -> None:
    """Measure two, four and five columns, print a table, write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--seconds", type=float, default=10, help="how long the pointer moves, per number of columns"
    )
    parser.add_argument(
        "--rest", type=float, default=REST, help="for how long it rests before it moves again; slopes are found"
    )
    parser.add_argument("--counts", nargs="+", type=int, default=list(COUNTS), help="how many columns")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="one second each: does it run?")
    args = parser.parse_args()
    seconds, rest = (1, 0.5) if args.quick else (args.seconds, args.rest)
    report(measure(args.counts, seconds, (1, rest)), args.json)


def measure(counts: Sequence[int], seconds: float, rests: Sequence[float]) -> list[dict[str, Any]]:
    """Updates for each number of columns after each of these rests, beside the plain way for the same networks."""
    torch.set_num_threads(Settings().torch_threads)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        pairs, cache = Path(folder, "heads"), Path(folder, "cache")
        prepare(pairs, cache, NETWORKS, [SIDE])
        with serving(cache, ["--pairs", str(pairs)]) as server, browser_page() as page:
            for count in counts:
                words = {"pair": f"heads/{SIDE}", "networks": ",".join(NETWORKS[:count])}
                page.goto(f"{server.address}/compare?{urlencode(words)}")
                page.wait_for_function(READY, arg=count, timeout=300_000)
                for rest in rests:
                    page.wait_for_timeout(1000 * rest)
                    rows.append({"rested_s": rest, **_summary(move(page, seconds), seconds, count)})
    plain = {name: plain_way(name) for name in NETWORKS[: max(counts)]}
    for row in rows:
        row["plain_ms"] = sum(plain[name] for name in NETWORKS[: row["columns"]])
        row["ratio"] = row["plain_ms"] * row["updates_per_s"] / 1000
    return rows


def _summary(timings: Sequence[dict[str, Any]], seconds: float, count: int) -> dict[str, Any]:
    shown = [each["shown"] - each["event"] for each in timings]
    asked = [each for each in timings if "server" in each]
    return {
        "columns": count,
        "updates_per_s": len(timings) / seconds,
        "shown_median_ms": float(median(shown)),
        "shown_p95_ms": float(np.percentile(shown, 95)),
        "jacobians_ms": float(median(each["server"]["milliseconds"] for each in asked)) if asked else None,
        "handled_ms": float(median(each["server"]["handled"] for each in asked)) if asked else None,
        "draw_ms": float(median(each["painted"] - each["frame"] for each in timings)),
    }


if __name__ == "__main__":
    main()

"""How much memory do a 4096×4096 fused image and its guidance take, and how long?

Each is measured in a process of its own, whose peak resident size is read. The fused image is computed whole.
Of guidance only the first passes are made; its total is *extrapolated* from them, and too high: each of these
begins a new tile with a forward pass, as only two passes of each tile do. ``screen`` is the time until the
guidance of the part that somebody looks at is exact, 256 × 256 pixels in the middle; beside it how long that would
take if tiles came in turn, at the pace of the same run.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from itertools import islice
from typing import Any

from torch import nn
from tqdm import tqdm

from benchmarks.timing import network, pair_of, parse, report
from fusion import ImagePair
from saliency import fused_image, guidance_stream
from saliency.geometry.window import TILE, Window, tiles_of

SIDE = 4096
PASSES = 6
"""Of guidance, that are made and timed."""
SCREEN = 256
"""Rows and columns that are looked at."""


def main() -> None:
    """Measure each method and task in a process of its own; print a table."""
    args = parse(__doc__, pixels=SIDE, extra=("--task",))
    if args.task:
        print(json.dumps(measured(args)))
        return
    rows = []
    for name in tqdm(args.methods, desc="methods", leave=False):
        for task in ("fused", "guidance", "screen"):
            command = [sys.executable, "-m", "benchmarks.large", "--methods", name, "--task", task]
            command += [
                "--threads",
                str(args.threads),
                "--device",
                args.device,
                "--checkpoints",
                str(args.checkpoints),
            ]
            command += ["--quick"] * args.quick
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            rows.append({"method": name, "task": task} | json.loads(output.splitlines()[-1]))
    report(rows, args.json)
    print("guidance's total_s is extrapolated from the passes made")


def measured(args: Any) -> dict[str, Any]:  # noqa: ANN401  # argparse declares no fields
    """Time and peak memory of one task for one method, in this process."""
    side = 700 if args.quick else SIDE
    net, _ = network(args.methods[0], args.checkpoints, args.device)
    pair = pair_of(side)
    before, in_turn = peak_gib(), None
    start = time.perf_counter()
    if args.task == "fused":
        fused_image(net, pair)
        made = total = 1
    elif args.task == "screen":
        made, total, in_turn = looked_at_first(net, pair, SCREEN // 8 if args.quick else SCREEN)
    else:
        for latest in islice(guidance_stream(net, pair), PASSES):
            made, total = latest.done, latest.total
    seconds = time.perf_counter() - start
    return {
        "side": side,
        "passes_made": made,
        "passes": total,
        "seconds": seconds,
        "total_s": seconds * total / made,
        "in_turn_s": None if in_turn is None else seconds * in_turn / made,
        "peak_gib": peak_gib(),
        "before_gib": before,
    }


def looked_at_first(net: nn.Module, pair: ImagePair, side: int) -> tuple[int, int, float]:
    """Passes until what is looked at is exact, those of the whole image, and those up to it with tiles in turn."""
    top, left = ((each - side) // 2 for each in pair.shape)
    screen = Window(top, top + side, left, left + side)
    for latest in guidance_stream(net, pair, wanted=lambda: screen):
        if latest.known[screen.slices].all():
            break
    tiles = tiles_of(pair.shape, TILE)
    last = next(
        place for place, tile in enumerate(tiles) if tile.bottom >= screen.bottom and tile.right >= screen.right
    )
    return latest.done, latest.total, latest.total * (last + 1) / len(tiles)


def peak_gib() -> float:
    """The largest resident size this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()

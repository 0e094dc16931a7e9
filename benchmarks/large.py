"""How much memory do a 4096×4096 fused image and its guidance take, and how long?

Each is measured in a process of its own, whose peak resident size is read. The fused image is computed whole.
Of guidance only the first passes are made; its total is *extrapolated* from them, and too high: each of these
begins a new tile with a forward pass, as only two passes of each tile do.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from itertools import islice
from typing import Any

from tqdm import tqdm

from benchmarks.timing import network, pair_of, parse, report
from saliency import fused_image, guidance_stream

SIDE = 4096
PASSES = 6
"""Of guidance, that are made and timed."""


def main() -> None:
    """Measure each method and task in a process of its own; print a table."""
    args = parse(__doc__, pixels=SIDE, extra=("--task",))
    if args.task:
        print(json.dumps(measured(args)))
        return
    rows = []
    for name in tqdm(args.methods, desc="methods", leave=False):
        for task in ("fused", "guidance"):
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
    before = peak_gib()
    start = time.perf_counter()
    if args.task == "fused":
        fused_image(net, pair)
        made = total = 1
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
        "peak_gib": peak_gib(),
        "before_gib": before,
    }


def peak_gib() -> float:
    """The largest resident size this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()

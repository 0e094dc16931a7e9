"""What every benchmark needs: a command line, networks, pairs, times, a table, and where it was run."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.ndimage import zoom
from torch import nn

import fusion
from fusion.shipped import SHIPPED

PAPER = ("Weighted Averaging", "FunFuseAn", "MaskNet", "DeepFuse", "DeepPedestrian")
"""The methods of the FuseVis paper; others take minutes to days in the plain way."""


def parse(description: str | None, pixels: int, extra: Sequence[str] = ()) -> argparse.Namespace:
    """Read the flags that all benchmarks share, and some ``extra``, and set torch's thread count."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--methods", nargs="+", default=PAPER, help="which methods to time")
    parser.add_argument("--pixels", type=int, default=pixels, help="random pixels a median is taken over")
    parser.add_argument("--device", default="cpu", help="where networks are computed: cpu, or cuda")
    parser.add_argument("--threads", type=int, default=2, help="threads torch may use")
    parser.add_argument("--checkpoints", type=Path, default=SHIPPED, help="where trained weights lie")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--quick", action="store_true", help="few repetitions: does it run?")
    for flag in extra:
        parser.add_argument(flag, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.methods = [fusion.find(name).name for name in args.methods]
    args.pixels = min(args.pixels, 5) if args.quick else args.pixels
    torch.set_num_threads(args.threads)
    return args


def network(name: str, checkpoints: Path, device: str = "cpu") -> tuple[nn.Module, str]:
    """The method, and which weights it has: its own where they are installed, else untrained ones."""
    method = fusion.find(name)
    try:
        return fusion.load(name, checkpoints).to(device), "trained" if method.trained else "none needed"
    except fusion.InputError:
        torch.manual_seed(0)
        return method.build().eval().requires_grad_(False).to(device), "untrained"


def pair_of(side: int) -> fusion.ImagePair:
    """A phantom, resized to ``side`` × ``side``."""
    pair = fusion.phantom(seed=7)
    first, second = (
        np.clip(zoom(image, side / image.shape[0], order=1), 0, 1) for image in (pair.first, pair.second)
    )
    return replace(pair, first=first, second=second)


def milliseconds(action: Callable[[], object]) -> float:
    """How long does ``action`` take once?"""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def summary(times: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and minimum; the minimum is what a busy machine disturbs least."""
    return {
        "median_ms": float(np.median(times)),
        "p95_ms": float(np.percentile(times, 95)),
        "min_ms": float(min(times)),
    }


def random_pixels(side: int, count: int) -> list[tuple[int, int]]:
    """``count`` pixels from anywhere in the image, the same every time."""
    pixels = np.random.default_rng(0).integers(side, size=(count, 2))
    return [(int(row), int(col)) for row, col in pixels]


def machine() -> dict[str, Any]:
    """Where and with what was this measured?"""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "load_average": [round(load, 1) for load in os.getloadavg()],
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def available_bytes() -> int:
    """Memory that could be taken now."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def report(rows: Sequence[Mapping[str, Any]], file: Path | None) -> None:
    """Print the rows as a table under the machine's description, and write both to ``file``."""
    about = machine()
    print("  ".join(f"{name}: {value}" for name, value in about.items()))
    heads = list(rows[0])
    cells = [heads, *([cell(row.get(head)) for head in heads] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    for line in cells:
        print("  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)))
    if file is not None:
        content = {"machine": about, "rows": list(rows)}
        file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def cell(value: object) -> str:
    """A figure as tables show it."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.2e}" if 0 < abs(value) < 0.01 else f"{value:.2f}"
    return str(value)

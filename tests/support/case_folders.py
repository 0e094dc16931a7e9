"""Two collections that both hold a case 20, and a series of many slices: what the case browser is tried on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

import fusion
from fusion.method import checkpoints

NETWORKS = "MaskNet", "FunFuseAn"
SERIES = 500
"""Slices of the long series."""
SIDE = 24
"""Rows and columns of every picture."""


def write_collections(root: Path) -> tuple[Path, ...]:
    """``mri_pet`` with the cases 20 and 21, ``ir_vis`` with scenes, ``series`` with a case of `SERIES` slices."""
    rng = np.random.default_rng(5)
    names = {
        "mri_pet": [f"{case}{number:03d}" for case, count in ((20, 3), (21, 4)) for number in range(1, count + 1)],
        "ir_vis": ["7", "20"],
        "series": [f"{number:04d}" for number in range(1, SERIES + 1)],
    }
    for collection, stems in names.items():
        for folder in ("vis", "ir") if collection == "ir_vis" else ("mri", "pet"):
            (root / collection / folder).mkdir(parents=True)
            for stem in stems:
                levels = rng.integers(256, size=(SIDE, SIDE), dtype=np.uint8)
                Image.fromarray(levels).save(root / collection / folder / f"{stem}.png")
    return tuple(root / collection for collection in names)


def write_checkpoints(folder: Path) -> Path:
    """Random networks whose cards say that they have learned from case 20 of ``mri_pet``, and not from 21."""
    data = {"training": {"mri_pet": {"cases": ["20"]}}, "kept_out": {"mri_pet": {"cases": ["21"]}}}
    for number, name in enumerate(NETWORKS):
        method = fusion.find(name)
        with torch.random.fork_rng():
            torch.manual_seed(number)
            network = method.build()
        checkpoints.save(network, method, {"date": "2020-01-01", "data": data}, folder)
    return folder

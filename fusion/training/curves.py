"""Training curves as data and as a picture."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Panels = Sequence[Mapping[str, str]]
"""What a picture of curves shows: for each of its parts, the columns drawn there and what to call them."""

OBJECTIVE: Panels = (
    {"ssim_first": "1 − SSIM, first image", "ssim_second": "1 − SSIM, second image"},
    {"l2_first": "ℓ2, first image", "l2_second": "ℓ2, second image"},
)
"""The four partial losses of the common objective."""


def save_curves(
    history: Sequence[Mapping[str, float]], stem: Path, title: str, panels: Panels = OBJECTIVE
) -> tuple[Path, Path]:
    """Write a training's partial losses to ``stem``.csv and, smoothed, to ``stem``.png.

    ``history`` has one row a recorded step, as `fusion.training.loop.TrainingRun.history`; stages that record
    different losses leave the others' columns empty.
    """
    data, picture = stem.with_suffix(".csv"), stem.with_suffix(".png")
    data.parent.mkdir(parents=True, exist_ok=True)
    with data.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(dict.fromkeys(name for row in history for name in row)))
        writer.writeheader()
        writer.writerows(history)
    figure(history, title, panels).savefig(picture, dpi=110)
    return data, picture


def figure(history: Sequence[Mapping[str, float]], title: str, panels: Panels = OBJECTIVE) -> Figure:
    """The partial losses over the steps, by default SSIM on the left and squared distance on the right."""
    # Whoever needs only the smoothing does not wait for Matplotlib.
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(9, 3.6), layout="constrained")
    axes = canvas.subplots(1, len(panels), squeeze=False)[0]
    for axis, columns in zip(axes, panels, strict=True):
        for name, label in columns.items():
            rows = [row for row in history if name in row]
            values = smoothed(np.array([row[name] for row in rows]))
            axis.plot([row["step"] for row in rows], values, label=label, linewidth=1.2)
        axis.set_xlabel("step")
        axis.set_yscale("log")
        axis.grid(alpha=0.3)
        axis.legend(frameon=False)
    canvas.suptitle(f"{title}: losses on training crops (running mean)")
    return canvas


def smoothed(values: np.ndarray, width: int = 9) -> np.ndarray:
    """Running mean over ``width`` rows, fewer at the ends; the length stays.

    Examples
    --------
    >>> smoothed(np.array([0.0, 3.0, 6.0]), width=3).tolist()
    [1.5, 3.0, 4.5]
    """
    half = width // 2
    return np.array([values[max(place - half, 0) : place + half + 1].mean() for place in range(len(values))])

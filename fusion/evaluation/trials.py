"""A study's trials on disk: as data, with the settings they were made with, and as a picture."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from fusion.errors import InputError
from fusion.evaluation.loss_study import Trial, best
from fusion.method.checkpoints import write_whole

_COLUMNS = tuple(field.name for field in fields(Trial))


def save_trials(trials: Sequence[Trial], path: Path) -> None:
    """Write all trials to a CSV file, whole or not at all: floats in full precision, one row a trial."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=_COLUMNS)
    writer.writeheader()
    writer.writerows(asdict(trial) for trial in trials)
    write_whole(path, text.getvalue().encode())


def read_trials(path: Path) -> list[Trial]:
    """Which trials does a CSV file of `save_trials` hold? None where there is no such file.

    Raises
    ------
    InputError
        The file is damaged.
    """
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [Trial(**{name: float(row[name]) for name in _COLUMNS}) for row in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} holds no trials that can be taken up; move it away to start anew.") from error


def claim(path: Path, settings: Mapping[str, Any]) -> None:
    """Note down the settings of a study, or check that they are those noted down before.

    Raises
    ------
    InputError
        ``path`` holds other settings: their trials must not be mixed with these.
    """
    text = json.dumps(settings, indent=2, ensure_ascii=False, sort_keys=True)
    if not path.exists():
        write_whole(path, text.encode())
        return
    try:
        same = json.loads(path.read_text("utf-8")) == json.loads(text)
    except (OSError, ValueError):
        same = False
    if not same:
        raise InputError(f"{path.parent} holds a study with other settings ({path.name}); choose another folder.")


def figure(trials: Sequence[Trial], title: str) -> Figure:
    """Every trial in the plane of γs and γ2, coloured by which modality suffers; the best one ringed."""
    canvas = Figure(figsize=(9, 4), layout="constrained")
    chosen = best(trials)
    for axis, what, name in zip(
        canvas.subplots(1, 2), ("ssim_tilt", "l2_tilt"), ("1 − SSIM", "squared distance"), strict=True
    ):
        tilts = np.array([getattr(trial, what) for trial in trials])
        points = axis.scatter(
            [trial.gamma_ssim for trial in trials],
            [trial.gamma_l2 for trial in trials],
            c=tilts,
            cmap="RdBu_r",
            vmin=-1,
            vmax=1,
            s=90,
            edgecolors="0.4",
            linewidths=0.5,
        )
        axis.scatter(
            chosen.gamma_ssim, chosen.gamma_l2, s=240, facecolors="none", edgecolors="black", linewidths=1.5
        )
        axis.set(xlim=(0, 1), ylim=(0, 1), xlabel="γs", ylabel="γ2", title=name)
        axis.grid(alpha=0.3)
        canvas.colorbar(points, ax=axis, label="(first − second) / (first + second)")
    canvas.suptitle(
        f"{title}: which image's loss is larger; ringed: γs = {chosen.gamma_ssim:g}, γ2 = {chosen.gamma_l2:g}"
    )
    return canvas

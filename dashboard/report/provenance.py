"""Where a figure comes from: everything a reader needs to make it again, as a line, as facts and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

import torch

from dashboard.report.view import DisplayLook, ReportView
from fusion import ImagePair
from fusion.data.outgoing.origin import NOTICE, PROGRAM
from fusion.data.raw_scale import RawScale
from fusion.data.volumes.slice_origin import SliceOrigin
from fusion.shipped import VERSION

SHORT = 8
"""Digits of a hash that stand in a line."""


@dataclass(frozen=True)
class Provenance:
    """The origin of what was exported.

    Attributes
    ----------
    pair : str
        The pair's title.
    names : two str
        Its modalities.
    shape : (H, W)
    spacing : float or None
        Millimetres from a column to the next.
    images : str
        SHA-256 of both images.
    networks : tuple of (name, SHA-256 of its weights)
        The hash is empty for a method without weights.
    pixels : tuple of (row, col)
        The principal pixel; several where a figure shows several.
    gamma1, gamma2, display, colormap, window, shared
        As in `dashboard.report.view.DisplayLook`.
    day : str
        When it was made, ISO 8601.
    version, torch : str
        Of the program and of torch.
    estimates : tuple of (name, largest error, pixels at which that was found)
        Networks whose guidance was estimated.
    row_spacing : float or None
        Millimetres from a row to the next.
    origin : SliceOrigin or None
        From which slice of which volumes the images are.
    remarks : tuple of str
        What is to be known of how the files were read.
    changes : tuple of str
        What was done to the pair of the files; its title says it, too.
    raw : tuple of two (RawScale or None)
        From which values of its file each image was scaled, where it has one.
    """

    pair: str
    names: tuple[str, str]
    shape: tuple[int, int]
    spacing: float | None
    images: str
    networks: tuple[tuple[str, str], ...]
    pixels: tuple[tuple[int, int], ...]
    gamma1: float
    gamma2: float
    display: str
    colormap: str
    window: int
    shared: bool
    day: str
    version: str = VERSION
    torch: str = torch.__version__
    estimates: tuple[tuple[str, float, int], ...] = ()
    row_spacing: float | None = None
    origin: SliceOrigin | None = None
    remarks: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    raw: tuple[RawScale | None, ...] = ()

    def parts(self) -> tuple[str, ...]:
        """The pieces of the line under a figure, in a reader's words.

        Examples
        --------
        >>> origin = Provenance("Phantom 3", ("MRI", "PET"), (256, 256), None, "ab" * 32,
        ...                     (("MaskNet", "cd" * 32),), ((120, 96),), 0.3, 0.5, "magnitude",
        ...                     "viridis", 31, True, "2026-11-21", "1", "2.13.0")
        >>> print(*origin.parts(), sep=" · ")  # doctest: +NORMALIZE_WHITESPACE
        Phantom 3 (MRI, PET; images abababab) · MaskNet (weights cdcdcdcd) · pixel row 120, column 96 ·
        window 31 × 31 · γ1 0.3, γ2 0.5 · derivative: magnitude · FuseVis 1 · torch 2.13.0 · 2026-11-21 ·
        Research use only, not for diagnosis
        """
        program = f"{PROGRAM} {self.version}", f"torch {self.torch}"
        return (*self.subject(), *self.shown(), *program, self.day, NOTICE)

    def shown(self) -> tuple[str, ...]:
        """The pieces that tell of what is shown, and how: errors of estimates, pixels, scales."""
        estimates = (
            f"guidance of {name} ± {error:.2g}, estimated: the largest error at {count} pixels"
            for name, error, count in self.estimates
        )
        scales = () if self.shared or len(self.networks) < 2 else ("each network on its own scale",)
        return (
            *estimates,
            "pixel " + " and ".join(f"row {row}, column {col}" for row, col in self.pixels),
            f"window {self.window} × {self.window}",
            f"γ1 {self.gamma1:g}, γ2 {self.gamma2:g}",
            f"derivative: {self.display}",
            *scales,
        )

    def subject(self) -> tuple[str, ...]:
        """The first pieces: which images, of which slice and what was done to it, through which networks."""
        networks = ", ".join(
            f"{name} (weights {weights[:SHORT]})" if weights else f"{name} (no weights)"
            for name, weights in self.networks
        )
        volumes = self.origin.parts() if self.origin else ()
        return (f"{self.pair} ({', '.join(self.names)}; images {self.images[:SHORT]})", *volumes, networks)

    def line(self) -> str:
        """The line under a figure; a file's name may hold line breaks, which would begin a row of a table."""
        return " ".join(" · ".join(self.parts()).splitlines())

    def facts(self) -> dict[str, Any]:
        """The same in full, hashes uncut, ready for JSON; ``guidance_errors`` where guidance was estimated."""
        errors = [{"network": name, "largest": error, "pixels": count} for name, error, count in self.estimates]
        return ({"guidance_errors": errors} if errors else {}) | {
            "program": PROGRAM,
            "version": self.version,
            "torch": self.torch,
            "date": self.day,
            "pair": self.pair,
            "modalities": list(self.names),
            "shape": list(self.shape),
            "spacing_mm": self.spacing,
            "row_spacing_mm": self.row_spacing,
            **({"volumes": self.origin.facts()} if self.origin else {}),
            "scaled_from": [each and asdict(each) for each in self.raw],
            "remarks": list(self.remarks),
            "changes": list(self.changes),
            "images_sha256": self.images,
            "networks": [{"name": name, "weights_sha256": weights} for name, weights in self.networks],
            "pixels": [list(pixel) for pixel in self.pixels],
            "window": self.window,
            "gamma1": self.gamma1,
            "gamma2": self.gamma2,
            "display": self.display,
            "colormap": self.colormap,
            "shared_scales": self.shared,
            "notice": NOTICE,
        }

    def json(self) -> str:
        """`facts` as one line of JSON."""
        return json.dumps(self.facts(), ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class TableOrigin(Provenance):
    """Where a table comes from whose figures depend on no pixel and not on how pictures are displayed."""

    def own_parts(self) -> tuple[str, ...]:
        """What a kind of table has to say besides."""
        return ()

    def parts(self) -> tuple[str, ...]:
        """The pieces of the line under a table."""
        program = f"{PROGRAM} {self.version}", f"torch {self.torch}"
        return (*self.subject(), *self.own_parts(), *program, self.day, NOTICE)

    def facts(self) -> dict[str, Any]:
        """The same in full, ready for JSON."""
        unused = ("pixels", "shared_scales", *(field.name for field in fields(DisplayLook)))
        return {name: value for name, value in super().facts().items() if name not in unused}


def about_table(pair: ImagePair, networks: Sequence[tuple[str, str]], day: date) -> dict[str, Any]:
    """What a `TableOrigin` is made of, for ``networks`` by name and SHA-256 of their weights."""
    look = DisplayLook()
    return {
        "pair": pair.title,
        "names": pair.names,
        "shape": pair.shape,
        "spacing": pair.spacing,
        "row_spacing": pair.row_spacing,
        "origin": pair.origin,
        "remarks": pair.sentences,
        "changes": pair.changes,
        "raw": pair.raw,
        "images": pair.content_hash,
        "networks": tuple(networks),
        "pixels": (),
        "gamma1": look.gamma1,
        "gamma2": look.gamma2,
        "display": look.display,
        "colormap": look.colormap,
        "window": look.window,
        "shared": look.shared,
        "day": day.isoformat(),
    }


def provenance(views: Sequence[ReportView], day: date) -> Provenance:
    """Where a figure made on ``day`` comes from; ``views`` show one pair and the same networks at some pixels."""
    view = views[0]
    pair, look = view.pair, view.look
    return Provenance(
        pair=pair.title,
        names=pair.names,
        shape=pair.shape,
        spacing=pair.spacing,
        row_spacing=pair.row_spacing,
        origin=pair.origin,
        remarks=pair.sentences,
        changes=pair.changes,
        raw=pair.raw,
        images=pair.content_hash,
        networks=tuple((column.network, column.weights) for column in view.columns),
        pixels=tuple(each.pixel for each in views),
        gamma1=look.gamma1,
        gamma2=look.gamma2,
        display=look.display,
        colormap=look.colormap,
        window=look.window,
        shared=look.shared,
        day=day.isoformat(),
        estimates=tuple(
            (each.network, each.error.largest, each.error.pixels) for each in view.columns if each.error
        ),
    )

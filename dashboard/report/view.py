"""What a printed figure shows: one pair, one pixel, one to seven networks, and how derivatives are displayed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.components.ids import PanelImage
from dashboard.imaging import downsampling
from dashboard.imaging.encoding import colored, to_bytes
from fusion import ImagePair, recolor
from saliency import Jacobian, guidance_rgb
from saliency.derivatives.guidance import EstimatedError
from saliency.geometry.window import Pixel, Window, around, single
from saliency.measures.display import shared_limit

GreyImage = NDArray[np.float32]
Colors = NDArray[np.uint8]

GUIDANCE, JACOBIAN = ("guidance1", "guidance2"), ("jacobian1", "jacobian2")
"""Images on one colour scale together."""
FINEST = 2048
"""Pixels along the longer side of the largest picture that is embedded as it is."""
NEED_GUIDANCE = frozenset((*GUIDANCE, "rgb", "scatter"))
"""Images that cannot be drawn before guidance is finished."""


@dataclass(frozen=True)
class DisplayLook:
    """How derivatives and pictures are displayed; by the names that the address has.

    Attributes
    ----------
    window : int
        Side of the red box and of the zooms, in pixels, odd.
    gamma1, gamma2 : float in [0.1, 2]
        Power law of the Jacobian and of the guidance images.
    display, colormap : str
        See `saliency.measures.display.MODES` and `dashboard.option_values.COLORMAPS`.
    color : bool
        Pictures in the colours of their files.
    shared : bool
        One colour scale for all networks, or each its own.
    """

    window: int = 31
    gamma1: float = 0.3
    gamma2: float = 0.5
    display: str = "magnitude"
    colormap: str = "viridis"
    color: bool = False
    shared: bool = True


@dataclass(frozen=True, eq=False)
class ReportColumn:
    """One network's part of a figure; what was not asked for is None.

    Attributes
    ----------
    network : str
    weights : str
        SHA-256 of the weights; empty where the method has none.
    fused : float32 (H, W) or None
    jacobian : Jacobian or None
        At the view's pixel.
    guidance : two float32 (H, W), or None
    error : EstimatedError or None
        How far from exact guidance is, where it was estimated.
    readout : mapping
        The figures of the page's read-out, by the names of `dashboard.views.pixel_answers.readout`;
        empty without a Jacobian.
    problem : str
        Why there is nothing to show, in a sentence; empty where there is.
    """

    network: str
    weights: str = ""
    fused: GreyImage | None = None
    jacobian: Jacobian | None = None
    guidance: tuple[GreyImage, GreyImage] | None = None
    error: EstimatedError | None = None
    readout: Mapping[str, float | None] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, eq=False)
class ReportView:
    """Everything that a figure is drawn from, computed.

    Attributes
    ----------
    pair : ImagePair
    columns : tuple of Column
        One a network, in the order they are shown.
    pixel : (row, col)
        The principal pixel.
    look : Look
    reach : float
        How far a shared scale of Jacobians goes at least: for other pixels shown on the same scale.
    """

    pair: ImagePair
    columns: tuple[ReportColumn, ...]
    pixel: Pixel
    look: DisplayLook
    reach: float = 0.0

    @property
    def area(self) -> Window:
        """The red box, cut off at the image's border."""
        return around(single(self.pixel), self.look.window // 2, 1, self.pair.shape)

    def alone(self, column: ReportColumn) -> ReportView:
        """The same view of one network only."""
        return replace(self, columns=(column,), reach=0.0)

    def limit(self, image: str, column: ReportColumn) -> float:
        """The derivative at the end of the colour scale of a Jacobian or guidance image."""
        limits = self._limits[JACOBIAN if image in JACOBIAN else GUIDANCE]
        if not self.look.shared:
            return limits.get(column.network, 0.0)
        return max([self.reach if image in JACOBIAN else 0.0, *limits.values()])

    @cached_property
    def _limits(self) -> dict[tuple[str, str], dict[str, float]]:
        found: dict[tuple[str, str], dict[str, float]] = {GUIDANCE: {}, JACOBIAN: {}}
        for column in self.columns:
            if column.guidance is not None:
                found[GUIDANCE][column.network] = shared_limit(*column.guidance, self.look.display)
            if (J := column.jacobian) is not None:
                found[JACOBIAN][column.network] = shared_limit(J.first, J.second, self.look.display)
        return found

    def gamma(self, image: str) -> float:
        """The exponent that ``image`` is displayed with."""
        return self.look.gamma1 if image in JACOBIAN else self.look.gamma2

    def values(self, image: str, column: ReportColumn) -> Any:
        """The unscaled float (H, W) values of ``image``; None where there are none (yet)."""
        if image in ("first", "second"):
            return getattr(self.pair, image)
        if image == "fused":
            return column.fused
        number = PanelImage[image.upper()].input_index or 0
        if image in JACOBIAN:
            return None if column.jacobian is None else column.jacobian.full()[number]
        return None if column.guidance is None else column.guidance[number]

    def step(self, area: Window) -> int:
        """How many pixels, along each axis, one of `picture` stands for: 1 unless that is too many for print."""
        return downsampling.step_for(area.shape, FINEST, self.pair.aspect)

    def picture(self, image: str, column: ReportColumn, area: Window) -> Colors | None:
        """``image`` inside ``area`` as the page shows it, uint8 (h, w) or (h, w, 3); None where there is none.

        An area too large for print is reduced: blocks of pixels to their mean, derivatives to the strongest.
        """
        step, look = self.step(area), self.look
        if image == "rgb":
            if column.guidance is None or column.fused is None:
                return None
            overlay = guidance_rgb(*column.guidance, column.fused)[area.slices]
            return downsampling.mean(to_bytes(overlay), step)
        values = self.values(image, column)
        if values is None:
            return None
        if image in (*GUIDANCE, *JACOBIAN):
            shown = downsampling.strongest(values[area.slices], step)
            return colored(shown, self.limit(image, column), self.gamma(image), look.display, look.colormap)
        color = self._color(image, values, area) if look.color else None
        return downsampling.mean(to_bytes(values[area.slices]) if color is None else color, step)

    def _color(self, image: str, values: GreyImage, area: Window) -> Colors | None:
        pair = self.pair
        kept = {"first": pair.first_color, "second": pair.second_color, "fused": pair.chroma}[image]
        if kept is None or image != "fused":
            return None if kept is None else kept[area.slices]
        return recolor(values[area.slices], kept[area.slices])


def name_of(image: str, names: tuple[str, str], network: str) -> str:
    """What the page calls ``image``.

    Examples
    --------
    >>> name_of("guidance2", ("MRI", "PET"), "MaskNet")
    'Guidance PET'
    """
    one, two = names
    return {
        "first": one,
        "second": two,
        "fused": f"Fused, {network}",
        "guidance1": f"Guidance {one}",
        "guidance2": f"Guidance {two}",
        "rgb": "Guidance RGB",
        "jacobian1": f"Jacobian {one}",
        "jacobian2": f"Jacobian {two}",
        "scatter": "Scatterplot",
    }[image]

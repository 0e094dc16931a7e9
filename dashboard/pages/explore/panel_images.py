"""The pictures inside the page's Plotly figures: whole images as far as a figure shows them, windows exactly."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.cache.disk import Images
from dashboard.components.ids import Panel
from dashboard.components.plots import Print
from dashboard.imaging.downsampling import FIGURE_SIDE, limits, step_for, strongest, strongest_in, window_around
from dashboard.imaging.encoding import colored, png_source
from dashboard.service.saliency_service import FusedPair, PixelAnswer, Range
from dashboard.views.pictures import pictures, unit_bytes
from saliency.geometry.window import Pixel, Window, whole
from saliency.measures.display import shared_limit

JACOBIANS = ("jacobian1", "jacobian2")


class Album:
    """Inputs and fused image of a view; each picture is encoded once, whatever number of figures shows it.

    Parameters
    ----------
    fused_pair : FusedPair
    in_color : bool
        In the files' own colours where they have any.
    """

    images: tuple[str, ...] = ("first", "second", "fused")

    def __init__(self, fused_pair: FusedPair, in_color: bool = False) -> None:
        self._fused_pair, self._in_color = fused_pair, in_color
        self.step = step_for(fused_pair.pair.shape, FIGURE_SIDE)

    def wholes(self) -> Mapping[str, Print]:
        """Each whole image, by name."""
        return self._wholes

    def print_of(self, panel: Panel, pixel: Pixel, window: int) -> Print:
        """What ``panel`` shows; the zoom of a large image holds the window around ``pixel`` alone."""
        if not panel.is_zoom or self.step == 1:
            return self._wholes[panel.image]
        return self._windows(window_around(pixel, window, self._fused_pair.pair.shape))[panel.image]

    @cached_property
    def _wholes(self) -> dict[str, Print]:
        return self._prints(whole(self._fused_pair.pair.shape), self.step)

    def _windows(self, area: Window) -> dict[str, Print]:
        if area not in self._around:
            self._around[area] = self._prints(area, 1)
        return self._around[area]

    @cached_property
    def _around(self) -> dict[Window, dict[str, Print]]:
        return {}

    def _prints(self, area: Window, step: int) -> dict[str, Print]:
        shape = self._fused_pair.pair.shape
        return {
            name: Print(png_source(pixels), shape, area.top, area.left, step)
            for name, pixels in self._pixels(area, step).items()
        }

    def _pixels(self, area: Window, step: int) -> dict[str, NDArray[np.uint8]]:
        found = pictures(self._fused_pair, area, step, in_color=self._in_color)
        suffix = "_color" if self._in_color else ""
        return {name: found.get(f"{name}{suffix}", found[name]) for name in self.images}


class GuidanceAlbum(Album):
    """Finished guidance images and their overlay on the fused image.

    Parameters
    ----------
    fused_pair : FusedPair
    finished : two float32 (H, W)
    ranges : two pairs of float
        Smallest and largest value of each.
    choices : mapping
        ``display``, ``gamma2`` and ``colormap``.
    """

    images = ("guidance1", "guidance2", "rgb")

    def __init__(
        self, fused_pair: FusedPair, finished: Images, ranges: tuple[Range, Range], choices: Mapping[str, Any]
    ) -> None:
        super().__init__(fused_pair)
        self._finished = finished
        self._ranges = ranges
        display = choices["display"]
        self._scale = limits(self._ranges)[display], choices["gamma2"], display, choices["colormap"]

    def _pixels(self, area: Window, step: int) -> dict[str, NDArray[np.uint8]]:
        first, second = (strongest(image[area.slices], step) for image in self._finished)
        blue = pictures(self._fused_pair, area, step, in_color=False)["blue"]
        red, green = (unit_bytes(image, *span) for image, span in zip((first, second), self._ranges, strict=True))
        return {
            "guidance1": colored(first, *self._scale),
            "guidance2": colored(second, *self._scale),
            "rgb": np.stack([red, green, blue], axis=-1),
        }


class JacobianAlbum(Album):
    """Both Jacobian images of an answered pixel.

    Parameters
    ----------
    fused_pair : FusedPair
    answer : Answer
    choices : mapping
        ``display``, ``gamma1`` and ``colormap``.
    """

    images = JACOBIANS

    def __init__(self, fused_pair: FusedPair, answer: PixelAnswer, choices: Mapping[str, Any]) -> None:
        super().__init__(fused_pair)
        self._jacobian = J = answer.jacobian
        display = choices["display"]
        self._scale = shared_limit(J.first, J.second, display), choices["gamma1"], display, choices["colormap"]

    def _pixels(self, area: Window, step: int) -> dict[str, NDArray[np.uint8]]:
        J, (height, width) = self._jacobian, self._fused_pair.pair.shape
        found = {}
        for name, values in zip(self.images, (J.first, J.second), strict=True):
            if step > 1:
                found[name] = colored(strongest_in(values, J.area, (height, width), step), *self._scale)
                continue
            zero = colored(np.zeros((1, 1), dtype=np.float32), *self._scale)
            shown = np.broadcast_to(zero, (*area.shape, 3)).copy()
            both = Window(
                max(area.top, J.area.top),
                min(area.bottom, J.area.bottom),
                max(area.left, J.area.left),
                min(area.right, J.area.right),
            )
            shown[both.within(area)] = colored(values[both.within(J.area)], *self._scale)
            found[name] = shown
        return found

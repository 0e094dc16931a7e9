"""What an enlarged panel shows: the picture in the panels' colours, and the exact values it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dashboard.cache.disk import Images
from dashboard.components.ids import Kind, Panel, PanelImage
from dashboard.components.plots import ColorScale, PanelPicture
from dashboard.imaging.downsampling import (
    FIGURE_SIDE,
    limits,
    mean,
    step_for,
    strongest,
    strongest_in,
    window_around,
)
from dashboard.imaging.encoding import colored
from dashboard.imaging.grey_window import Levels, read_levels
from dashboard.pages.explore.shown_guidance import shown_guidance
from dashboard.pages.explore.state import Committed
from dashboard.service.fused_pair import FusedPair
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.pictures import pictures, unit_bytes
from fusion import InputError
from saliency import Jacobian
from saliency.geometry.window import Pixel, Window, whole
from saliency.measures.display import shared_limit

Values = NDArray[np.float32]


def panel_picture(
    service: SaliencyService, fused_pair: FusedPair, panel: Panel, at: Committed
) -> PanelPicture | None:
    """What ``panel`` shows at a committed pixel; None where guidance is not finished.

    A zoom holds every pixel of its window. Of a large image the whole is reduced as in the panels: pictures to
    the mean of each block, derivatives to the strongest.
    """
    shape, pixel = fused_pair.pair.shape, (at["row"], at["col"])
    area = window_around(pixel, at["window"], shape) if panel.is_zoom else whole(shape)
    step = 1 if panel.is_zoom else step_for(shape, FIGURE_SIDE, fused_pair.pair.aspect)
    match panel.image.kind:
        case Kind.PICTURE:
            picture = picture_of(fused_pair, panel.image, area, step, in_color=at["color"])
            return windowed(picture, levels_of(at.get("levels", "")), panel.image)
        case Kind.JACOBIAN:
            return jacobian_of(fused_pair, service.answer(fused_pair, pixel).jacobian, panel.image, area, step, at)
    shown = shown_guidance(service, fused_pair, at)
    if shown is None:
        return None
    finished, ranges = shown.images, shown.ranges
    if panel.image.kind is Kind.OVERLAY:
        return overlay_of(fused_pair, finished, ranges, area, step)
    scale = ColorScale(limits(ranges)[at["display"]], at["gamma2"], at["display"], at["colormap"])
    values = strongest(finished[panel.image.input_index or 0][area.slices], step)
    return PanelPicture(colored(values, *scale), values, area, step, scale)


def picture_of(
    fused_pair: FusedPair, image: PanelImage, area: Window, step: int, *, in_color: bool
) -> PanelPicture:
    """An input or the fused image, in its file's colours where it has any and they are asked for."""
    found = pictures(fused_pair, area, step, in_color=in_color)
    pair = fused_pair.pair
    exact = {PanelImage.FIRST: pair.first, PanelImage.SECOND: pair.second, PanelImage.FUSED: fused_pair.fused}
    pixels, values = found.get(f"{image}_color", found[image]), mean(exact[image][area.slices], step)
    index = image.input_index
    if index is None or (scale := pair.raw[index]) is None:
        return PanelPicture(pixels, values, area, step)
    if (levels := pair.levels[index]) is None:
        raw = (scale.low + values * np.float32(scale.high - scale.low)).astype(np.float32)
    else:  # the image does not tell them: it is clipped, and has a value where the file has none
        raw = mean(levels[area.slices], step)
    return PanelPicture(pixels, values, area, step, raw=raw, unit=scale.unit)


def levels_of(words: str) -> Mapping[str, Levels]:
    """The windows of grey levels that a page tells; InputError where it tells what no page of ours does."""
    try:
        return read_levels(words)
    except ValueError as error:
        raise InputError(f"levels {error}, not {words[:40]!r}; reload the page.") from error


def windowed(picture: PanelPicture, windows: Mapping[str, Levels], image: PanelImage) -> PanelPicture:
    """The same picture in the window chosen for it, if one is; its values stay what they are."""
    chosen = windows.get(image)
    return picture if chosen is None else replace(picture, pixels=chosen.shown(picture.pixels))


def overlay_of(
    fused_pair: FusedPair, finished: Images, ranges: tuple[tuple[float, float], ...], area: Window, step: int
) -> PanelPicture:
    """Guidance RGB; its values are guidance 1, guidance 2 and the fused image, (h, w, 3)."""
    first, second = (strongest(image[area.slices], step) for image in finished)
    blue = pictures(fused_pair, area, step, in_color=False)["blue"]
    red, green = (unit_bytes(image, *span) for image, span in zip((first, second), ranges, strict=True))
    values = np.stack([first, second, mean(fused_pair.fused[area.slices], step)], axis=-1)
    return PanelPicture(np.stack([red, green, blue], axis=-1), values, area, step)


def jacobian_of(
    fused_pair: FusedPair, J: Jacobian, image: PanelImage, area: Window, step: int, at: Committed
) -> PanelPicture:
    """One Jacobian image, on the scale of both."""
    limit = shared_limit(J.first, J.second, at["display"])
    scale = ColorScale(limit, at["gamma1"], at["display"], at["colormap"])
    inside = (J.first, J.second)[image.input_index or 0]
    if step > 1:
        values = strongest_in(inside, J.area, fused_pair.pair.shape, step)
    else:
        values = _padded(inside, J.area, area)
    return PanelPicture(colored(values, *scale), values, area, step, scale)


def _padded(inside: Values, known: Window, area: Window) -> Values:
    """The part in ``area`` of an image that is ``inside`` in the window ``known`` and 0 around it."""
    values = np.zeros(area.shape, dtype=np.float32)
    both = Window(
        max(area.top, known.top),
        min(area.bottom, known.bottom),
        max(area.left, known.left),
        min(area.right, known.right),
    )
    values[both.within(area)] = inside[both.within(known)]
    return values


def shown_box(
    panel: Panel, pixel: Pixel, window: int, shape: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of what ``panel`` shows, in axis units: pixel centres are whole numbers.

    Examples
    --------
    >>> from dashboard.components.ids import PANELS
    >>> shown_box(PANELS[1], (10, 20), 3, (40, 60))
    (18.5, 21.5, 8.5, 11.5)
    """
    (row, col), (height, width), half = pixel, shape, window / 2
    if panel.is_zoom:
        return col - half, col + half, row - half, row + half
    return -0.5, width - 0.5, -0.5, height - 0.5

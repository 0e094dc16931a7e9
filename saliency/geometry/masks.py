"""Regions of an image: drawn as an outline, a rectangle or a disk, taken from labels or read from a file.

A region is a mask, bool (H, W), with at least one pixel. Shapes are drawn in pixel coordinates (row, col)
whose whole numbers are the pixels' centres; what is drawn beyond the image is cut off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import distance_transform_edt, label

from fusion.data.pairs import ImagePair
from fusion.data.picture import content_of, picture_of
from fusion.errors import InputError
from saliency.geometry.window import Shape, Window

Mask = NDArray[np.bool_]
Point = tuple[float, float]

FARTHEST = 32_768.0
"""Corners may lie this far from the image's corner in pixels; what is farther was not drawn by hand."""


def outline(points: Sequence[Point], shape: Shape) -> Mask:
    """Which pixels does a closed outline hold? Those inside it and those that it runs over.

    Parameters
    ----------
    points : (row, col) of three corners or more
        Joined in their order, the last to the first. Where the outline crosses itself, a pixel is inside when
        a ray from it crosses the outline an odd number of times.
    shape : (H, W)

    Returns
    -------
    bool (H, W)

    Raises
    ------
    InputError
        Fewer than three corners, a corner that is no number, or an outline beside the image.

    Examples
    --------
    >>> outline([(0, 0), (0, 2), (2, 0)], (3, 4)).astype(int).tolist()
    [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]
    """
    corners = [_point(point) for point in points]
    if len(corners) < 3:
        raise InputError(f"A closed outline has at least three corners; {len(corners)} were given.")
    canvas = Image.new("1", (shape[1], shape[0]))
    flat = [(round(col), round(row)) for row, col in corners]
    ImageDraw.Draw(canvas).polygon(flat, fill=1, outline=1)
    return check_region(np.array(canvas, dtype=bool), shape, "The outline")


def rectangle(corner: Point, opposite: Point, shape: Shape) -> Mask:
    """Which pixels does a rectangle hold? Those whose centres lie between two opposite corners, both included.

    Raises
    ------
    InputError
        A corner is no number, or no pixel's centre lies within.

    Examples
    --------
    >>> rectangle((2, 1), (1, 0), (3, 3)).astype(int).tolist()
    [[0, 0, 0], [1, 1, 0], [1, 1, 0]]
    """
    (top, bottom), (left, right) = (sorted(pair) for pair in zip(_point(corner), _point(opposite), strict=True))
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    mask = (rows >= top) & (rows <= bottom) & (cols >= left) & (cols <= right)
    return check_region(mask, shape, "The rectangle")


def disk(center: Point, radius: float, shape: Shape) -> Mask:
    """Which pixels does a disk hold? Those whose centres are at most ``radius`` from its own.

    Raises
    ------
    InputError
        The centre or the radius is no number, the radius is negative, or no pixel's centre lies within.

    Examples
    --------
    >>> disk((1, 1), 1, (3, 4)).astype(int).tolist()
    [[0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 0, 0]]
    """
    row, col = _point(center)
    if not (math.isfinite(radius) and radius >= 0):
        raise InputError(f"A disk's radius is a number of pixels, 0 or more, not {radius}.")
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    # A hair more, so that a pixel at exactly that distance stays in whatever rounding does.
    return check_region(np.hypot(rows - row, cols - col) <= radius * (1 + 1e-9), shape, "The disk")


def brushed(points: Sequence[Point], radius: float, shape: Shape) -> Mask:
    """Which pixels does a brush paint? Those whose centres are at most ``radius`` from the line of ``points``.

    Raises
    ------
    InputError
        No point, one that is no number, a radius that is none or negative, or a stroke beside the image.

    Examples
    --------
    >>> brushed([(1, 0), (1, 2)], 0.5, (3, 4)).astype(int).tolist()
    [[0, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0]]
    """
    corners = np.array([_point(point) for point in points])
    if not len(corners):
        raise InputError("A brush's stroke has at least one point.")
    if not (math.isfinite(radius) and radius >= 0):
        raise InputError(f"A brush's radius is a number of pixels, 0 or more, not {radius}.")
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    mask = np.zeros(shape, dtype=bool)
    for start, stop in zip(corners, [*corners[1:], corners[-1]], strict=True):
        way = stop - start
        along = (rows - start[0]) * way[0] + (cols - start[1]) * way[1]
        part = np.clip(along / max(float(way @ way), 1e-12), 0, 1)
        distance = np.hypot(rows - start[0] - part * way[0], cols - start[1] - part * way[1])
        mask |= distance <= radius * (1 + 1e-9)
    return check_region(mask, shape, "The brush's stroke")


def between(image: NDArray[np.float32], low: float, high: float) -> Mask:
    """Which pixels of an ``image`` (H, W) have a value from ``low`` to ``high``?

    Raises
    ------
    InputError
        None has.

    Examples
    --------
    >>> between(np.array([[0.9, 0.1, 0.8]], np.float32), 0.5, 1.0).tolist()
    [[True, False, True]]
    """
    return check_region((image >= low) & (image <= high), (image.shape[0], image.shape[1]), "The threshold")


def joined_to(image: NDArray[np.float32], pixel: tuple[int, int], tolerance: float) -> Mask:
    """Which pixels of an ``image`` (H, W) are joined to ``pixel`` over edges and have nearly its value?

    Raises
    ------
    InputError
        ``pixel`` lies outside, or ``tolerance`` is negative.

    Examples
    --------
    >>> joined_to(np.array([[0.9, 0.1, 0.8, 0.7]], np.float32), (0, 2), 0.15).tolist()
    [[False, False, True, True]]
    """
    row, col = pixel
    if not (0 <= row < image.shape[0] and 0 <= col < image.shape[1]):
        raise InputError(f"The pixel at row {row}, column {col} lies outside the image; choose one inside it.")
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise InputError(f"A threshold's tolerance is 0 or more, not {tolerance}.")
    parts, _ = label(np.abs(image - image[row, col]) <= tolerance)
    return check_region(parts == parts[row, col], (image.shape[0], image.shape[1]), "The threshold")


def labelled(pair: ImagePair, name: str) -> Mask:
    """Which pixels carry the label ``name``, such as a phantom's "necrotic core"?

    Raises
    ------
    InputError
        The pair has no such label; the sentence lists those it has.

    Examples
    --------
    >>> import fusion
    >>> labelled(fusion.phantom(seed=7), "necrotic core").sum() > 0
    np.True_
    """
    if not pair.regions:
        raise InputError(f"{pair.title} has no labelled regions; draw a region or give a mask file.")
    if name not in pair.regions:
        known = ", ".join(pair.regions)
        raise InputError(f"{pair.title} has no region called {name!r}; choose one of: {known}.")
    return check_region(pair.regions[name], pair.shape, f"The region {name!r}")


def read_mask(file: str | PathLike[str], shape: Shape) -> Mask:
    """Which pixels does a mask file mark? Those that are not black.

    Raises
    ------
    InputError
        The file is no picture that can be read, of another size than the image, or black everywhere.
    """
    path = Path(file)
    return marked(picture_of(content_of(path), path, shape=shape).levels, shape, str(file))


def marked(levels: NDArray[np.float64], shape: Shape, name: str) -> Mask:
    """Which pixels of an image of ``shape`` does a mask of these grey levels mark? Those that are not black.

    Raises
    ------
    InputError
        It has another size or is black everywhere; ``name`` is in the sentence.

    Examples
    --------
    >>> marked(np.array([[0.0, 3.0]]), (1, 2), "lesion.png").tolist()
    [[False, True]]
    """
    if levels.shape != shape:
        raise InputError(
            f"The mask {name} has {levels.shape[1]} × {levels.shape[0]} pixels (width × height) and the image "
            f"{shape[1]} × {shape[0]}; give a mask of the image's size."
        )
    return check_region(levels != 0, shape, f"The mask {name}")


def check_region(mask: NDArray[np.bool_], shape: Shape, name: str = "The region") -> Mask:
    """``mask`` as bool (H, W); InputError where it has another size or no pixel of the image.

    Examples
    --------
    >>> check_region(np.eye(2, dtype=bool), (2, 2)).sum()
    np.int64(2)
    """
    found = np.asarray(mask)
    if found.dtype != bool:
        raise InputError(f"{name} has to be a mask of true and false, not of {found.dtype}.")
    if found.shape != shape:
        raise InputError(f"{name} has the shape {found.shape} and the image {shape}; both have to agree.")
    if not found.any():
        raise InputError(f"{name} holds no pixel of the image; draw it larger or over the image.")
    return found


def ring(mask: Mask, width: float) -> Mask:
    """Which pixels surround a region? Those outside it at most ``width`` pixels (Euclidean) from one inside.

    May have no pixel: around a region that fills the image there is nothing.

    Raises
    ------
    InputError
        The width is no number above 0.

    Examples
    --------
    >>> ring(disk((1, 1), 0, (3, 4)), 1).astype(int).tolist()
    [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0]]
    """
    if not (math.isfinite(width) and width > 0):
        raise InputError(f"The ring's width is a number of pixels above 0, not {width}.")
    distance: NDArray[np.float64] = distance_transform_edt(~mask)
    return (distance > 0) & (distance <= width)


def bounds(mask: Mask) -> Window:
    """The smallest window that holds every pixel of ``mask``, which has at least one.

    Examples
    --------
    >>> bounds(disk((1, 1), 1, (3, 4)))
    Window(top=0, bottom=3, left=0, right=3)
    """
    rows, cols = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return Window(int(rows[0]), int(rows[-1]) + 1, int(cols[0]), int(cols[-1]) + 1)


def middle(mask: Mask) -> tuple[int, int]:
    """Which pixel of a region is nearest to its centre of mass?

    Examples
    --------
    >>> middle(rectangle((1, 1), (3, 5), (9, 9)))
    (2, 3)
    """
    rows, cols = np.nonzero(mask)
    nearest = int(np.argmin((rows - rows.mean()) ** 2 + (cols - cols.mean()) ** 2))
    return int(rows[nearest]), int(cols[nearest])


def _point(point: Point) -> Point:
    try:
        row, col = (float(value) for value in point)
    except (TypeError, ValueError) as error:
        raise InputError(f"A point is two numbers, a row and a column, not {point!r}.") from error
    if not (abs(row) <= FARTHEST and abs(col) <= FARTHEST):
        raise InputError(f"The point (row {row}, column {col}) lies too far from the image to draw with.")
    return row, col

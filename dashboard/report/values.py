"""The numbers behind a figure: CSV for a spreadsheet, NPZ for a program, both with where they come from."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.report.provenance import Provenance
from dashboard.report.view import GUIDANCE, JACOBIAN, NEED_GUIDANCE, ReportColumn, ReportView
from fusion import InputError
from fusion.data.csv_table import FORMULA
from fusion.data.windowed_pair import file_levels
from saliency.geometry.window import Window, whole

MOST_ROWS = 1_100_000
"""Rows of the longest CSV; a spreadsheet holds no more."""
EVERYTHING = ("first", "second", "fused", *GUIDANCE, *JACOBIAN)
INPUTS = ("first", "second")


@dataclass(frozen=True)
class ValueChoice:
    """Which values of a view are wanted.

    Attributes
    ----------
    images : tuple of str
        Of ``first``, ``second``, ``fused``, ``guidance1``, ``guidance2``, ``jacobian1`` and ``jacobian2``.
    is_zoom : bool
        Only those inside the red box.
    """

    images: tuple[str, ...] = EVERYTHING
    is_zoom: bool = False


def choice_of(image: str, *, is_zoom: bool) -> ValueChoice:
    """The values that one panel shows: a guidance RGB and a scatterplot are made of several images.

    Examples
    --------
    >>> choice_of("scatter", is_zoom=False).images
    ('guidance1', 'guidance2')
    """
    made_of = {"rgb": (*GUIDANCE, "fused"), "scatter": GUIDANCE}
    return ValueChoice(made_of.get(image, (image,)), is_zoom)


def area_of(view: ReportView, choice: ValueChoice) -> Window:
    """The pixels that are written: the red box, the Jacobians' own windows where nothing else is asked, or all."""
    if choice.is_zoom:
        return view.area
    found = [column.jacobian.area for column in view.columns if column.jacobian is not None]
    if set(choice.images) <= set(JACOBIAN) and found:
        return Window(
            min(area.top for area in found),
            max(area.bottom for area in found),
            min(area.left for area in found),
            max(area.right for area in found),
        )
    return whole(view.pair.shape)


def columns_of(view: ReportView, choice: ValueChoice) -> dict[str, NDArray[Any]]:
    """Every wanted image, cut to its area, by the name it is written under; inputs once, others by network.

    Beside an input that was read from a file stand the file's own values, NaN where it has none.
    """
    slices = area_of(view, choice).slices
    inputs = [image for image in INPUTS if image in choice.images]
    found: dict[str, NDArray[Any]] = {image: view.values(image, view.columns[0])[slices] for image in inputs}
    for image in inputs:
        if view.pair.raw[INPUTS.index(image)] is not None:
            found[f"{image}_in_file"] = file_levels(view.pair, INPUTS.index(image))[slices].astype(np.float32)
    for column in view.columns:
        for image in choice.images:
            if image not in INPUTS and not column.problem:
                found[_named(image, column, view)] = _cut(view, image, column, slices)
    return found


def _cut(view: ReportView, image: str, column: ReportColumn, slices: tuple[slice, slice]) -> NDArray[Any]:
    values = view.values(image, column)
    if values is None:
        missing = "finished guidance" if image in NEED_GUIDANCE else image
        raise InputError(f"{column.network} has no {missing} yet; ask again when it is computed.")
    cut: NDArray[Any] = values[slices]
    return cut


def _named(image: str, column: ReportColumn, view: ReportView) -> str:
    return image if len(view.columns) == 1 else f"{image} [{column.network}]"


def as_csv(view: ReportView, choice: ValueChoice, origin: Provenance) -> bytes:
    """One row a pixel: row, column and every wanted value, written so that float32 comes back bit for bit.

    Two lines of comment above tell where the values come from, in words and as JSON. Jacobians alone are written
    where they can differ from zero.

    Raises
    ------
    InputError
        The table is too long for a spreadsheet.
    """
    area = area_of(view, choice)
    count = area.shape[0] * area.shape[1]
    if count > MOST_ROWS:
        raise InputError(f"A table of {count} rows is too long for CSV; choose NPZ, or a zoom.")
    found = columns_of(view, choice)
    rows, cols = np.indices(area.shape)
    places = [(rows + area.top).ravel(), (cols + area.left).ravel()]
    values = [image.ravel().astype(np.float64) for image in found.values()]
    text = io.StringIO()
    text.write(f"# {origin.line()}\n# {origin.json()}\n")
    text.write(",".join(["row", "col", *(_quoted(name) for name in found)]) + "\n")
    np.savetxt(text, np.column_stack([*places, *values]), delimiter=",", fmt=["%d", "%d", *["%.9g"] * len(values)])
    return text.getvalue().encode()


def _quoted(name: str) -> str:
    name = f"'{name}" if name.startswith(FORMULA) else name  # a network may be called anything
    return '"' + name.replace('"', '""') + '"' if any(mark in name for mark in ',"') else name


def as_npz(view: ReportView, choice: ValueChoice, origin: Provenance) -> bytes:
    """The wanted images as arrays of their own type, ``window`` (top, bottom, left, right) saying where they lie.

    ``provenance`` is a JSON string; nothing in the file needs pickle.
    """
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {
        **columns_of(view, choice),
        "window": np.array(area_of(view, choice)),
        "pixel": np.array(view.pixel),
        "provenance": np.array(origin.json()),
    }
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()

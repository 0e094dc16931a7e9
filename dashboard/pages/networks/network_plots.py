"""The figures of the Networks page: training curves, and receptive fields drawn to scale on a picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dashboard.components.plots import PLOT_FONT, blank
from dashboard.imaging.encoding import png_source, to_bytes
from dashboard.pages.networks.model_card import Curve
from fusion import names
from saliency import Locality
from saliency.geometry.window import Shape

COLORS = (
    "#339af0",
    "#e8590c",
    "#2fbf5b",
    "#be4bdb",
    "#fab005",
    "#12b886",
    "#fa5252",
    "#868e96",
    "#f783ac",
    "#94d82d",
)
"""Of curves and of receptive fields; dashes tell them apart as well."""
NO_BREAK = "\N{NO-BREAK SPACE}"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
LEGEND = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "font": {"size": 12}}


def curves_figure(found: Sequence[Curve], name: str) -> go.Figure:
    """Losses over the steps of a training, each curve to be shown or hidden by its name."""
    figure = blank(f"Training curves of {name}")
    for number, curve in enumerate(found):
        figure.add_trace(
            go.Scatter(
                x=curve.steps,
                y=curve.values,
                mode="lines",
                name=curve.name.replace("_", " "),
                line={**_line(number), "width": 1.4},
                hovertemplate="step %{x}: %{y:.4g}",
            )
        )
    style = {"visible": True, "gridcolor": "rgba(128,128,128,0.2)", "fixedrange": False}
    figure.update_xaxes(title={"text": "step", "standoff": 4}, ticklabelstandoff=4, **style)
    figure.update_yaxes(
        type="log", title={"text": "running mean", "standoff": 2}, dtick="D2", tickformat="~g", **style
    )
    figure.update_layout(
        font=PLOT_FONT,
        hovermode="x unified",
        dragmode="zoom",
        legend=LEGEND,
        margin={"l": 52, "r": 8, "t": 6, "b": 76},
        hoverlabel={"bgcolor": "#14171a", "font": {"color": "#d7dce1"}},
    )
    return figure


def field_figure(
    picture: NDArray[np.float32],
    step: int,
    shape: Shape,
    fields: Mapping[str, Locality],
    chosen: str,
    aspect: float = 1.0,
) -> go.Figure:
    """What one fused pixel in the middle depends on, for each network, as a box on a picture of the pair.

    Parameters
    ----------
    picture : float32 in [0, 1]
        An image of the pair, each of its pixels a block of ``step`` × ``step``.
    shape : tuple of int
        Rows and columns of the whole image.
    fields : mapping
        What was measured, by the network's name.
    chosen : str
        Drawn thicker than the others, and last.
    aspect : float
        How many times as high as wide a pixel is drawn.
    """
    figure = blank("Receptive fields")
    middle = (step - 1) / 2
    source = png_source(to_bytes(picture))
    figure.add_trace(go.Image(source=source, x0=middle, y0=middle, dx=step, dy=step, hoverinfo="skip"))
    for name in sorted(fields, key=lambda name: name == chosen):
        found, number = fields[name], _number(name, fields)
        rows, cols = _square(found, shape)
        width = 3 if name == chosen else 1.2
        figure.add_trace(
            go.Scatter(
                x=cols,
                y=rows,
                mode="lines",
                name=f"{name}: {extent(found)}",
                hoverinfo="name",
                line={**_line(number), "width": width},
            )
        )
    figure.update_xaxes(range=[-0.5, shape[1] - 0.5], constrain="domain", fixedrange=False)
    figure.update_yaxes(
        range=[shape[0] - 0.5, -0.5], scaleanchor="x", scaleratio=aspect, constrain="domain", fixedrange=False
    )
    figure.update_layout(
        font=PLOT_FONT,
        hovermode="closest",
        dragmode="zoom",
        showlegend=False,
        margin={"l": 4, "r": 4, "t": 4, "b": 4},
        hoverlabel={"namelength": -1},
    )
    return figure


def extent(found: Locality) -> str:
    """How large a receptive field is, in a few words.

    Examples
    --------
    >>> extent(Locality(8)), extent(Locality(0, is_local=False, reason="Sees everything."))
    ('17 × 17', 'whole image')
    """
    side = 2 * found.radius + 1
    return f"{side} × {side}" if found.is_local else "whole image"


def key(fields: Mapping[str, Locality]) -> Mapping[str, tuple[str, str]]:
    """The colour in which each network's field is drawn, and what to call it there; no line ends within a size."""
    sizes = {name: extent(found).replace(" ", NO_BREAK) for name, found in fields.items()}
    return {name: (_line(_number(name, fields))["color"], f"{name}: {sizes[name]}") for name in fields}


def _number(name: str, fields: Iterable[str]) -> int:
    """Which line a network has: its place among the shipped ones, and brought ones after them."""
    return list(dict.fromkeys((*names(), *fields))).index(name)


def _square(found: Locality, shape: Shape) -> tuple[list[float], list[float]]:
    """Corners of a field around the middle pixel, or around the whole image, as rows and columns."""
    if not found.is_local:
        top, bottom, left, right = -0.5, shape[0] - 0.5, -0.5, shape[1] - 0.5
    else:
        row, col, reach = shape[0] // 2, shape[1] // 2, found.radius + 0.5
        top, bottom, left, right = row - reach, row + reach, col - reach, col + reach
    return [top, top, bottom, bottom, top], [left, right, right, left, left]


def _line(number: int) -> dict[str, str]:
    return {"color": COLORS[number % len(COLORS)], "dash": DASHES[number % len(DASHES)]}

"""The Plotly figures of the page, from arrays; every scale and range is decided here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from dash import Patch
from numpy.typing import NDArray

from dashboard.imaging.density import Density
from dashboard.imaging.encoding import png_source
from dashboard.imaging.windows import windowed
from saliency.geometry.window import Pixel, Shape

GRAPH_CONFIG: Any = {
    # plotly.js 4 offers to upload a figure to a public cloud; pictures of patients stay here.
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "responsive": True,
    "scrollZoom": False,
    "doubleClick": False,
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "png", "scale": 3},
}
PLOT_FONT = {"size": 10, "color": "#8d96a0"}
CROSS = "rgba(255, 80, 60, 0.75)"
BOX = "#ff3b30"
ZOOM_GAP = 0.4
"""Of the window's side: a zoom's cross-hair points at the pixel, but hides nothing near it."""


def graph_config(panel: str) -> Any:  # Dash's type knows no locales
    """How Plotly behaves in ``panel``, whose name its button tells a screen reader and the file it saves."""
    button = {"Download plot as a PNG": f"Download {panel} as a PNG"}
    options = {**GRAPH_CONFIG["toImageButtonOptions"], "filename": f"fusevis {panel}".replace(" ", "-")}
    locales = {"en-US": {"dictionary": button, "format": {}}}
    return {**GRAPH_CONFIG, "toImageButtonOptions": options, "locales": locales}


def blank(label: str, margin: int = 0) -> go.Figure:
    """An empty figure that fills its panel; ``label`` tells a screen reader what will be there."""
    return go.Figure(
        layout={
            "margin": {"l": margin, "r": 0, "t": 0, "b": margin},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": {"visible": False, "fixedrange": True},
            "yaxis": {"visible": False, "fixedrange": True},
            "hovermode": False,
            "dragmode": False,
            "meta": {"label": label},
        }
    )


@dataclass(frozen=True)
class Print:
    """A picture of an image or of a window of it, ready for a figure.

    Attributes
    ----------
    source : str
        As PNG in a data address; encoded once, whatever number of figures show it.
    shape : tuple of int
        Rows and columns of the whole image.
    top, left : int
        Where the picture's first pixel lies in the image.
    step : int
        How many pixels of the image, along each axis, one of the picture stands for.
    """

    source: str
    shape: Shape
    top: int = 0
    left: int = 0
    step: int = 1

    @property
    def trace(self) -> dict[str, Any]:
        """The picture as a Plotly trace, pixel centres on whole numbers."""
        middle = (self.step - 1) / 2
        return {
            "type": "image",
            "source": self.source,
            "hoverinfo": "skip",
            "x0": self.left + middle,
            "y0": self.top + middle,
            "dx": self.step,
            "dy": self.step,
        }

    @property
    def axes(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Both axes, at one unit a pixel of the image, row 0 on top."""
        height, width = self.shape
        return (
            {"range": [-0.5, width - 0.5], "constrain": "domain"},
            {"range": [height - 0.5, -0.5], "scaleanchor": "x", "constrain": "domain"},
        )


def printed(pixels: NDArray[np.uint8]) -> Print:
    """A whole image, (H, W) or (H, W, 3), every pixel of it."""
    return Print(png_source(pixels), (pixels.shape[0], pixels.shape[1]))


def picture(shown: Print, label: str) -> go.Figure:
    """A figure of an image."""
    figure = blank(label)
    figure.add_trace(go.Image(shown.trace))
    across, down = shown.axes
    figure.update_xaxes(across)
    figure.update_yaxes(down)
    return figure


def repainted(shown: Print) -> Patch:
    """What changes where only the picture of a panel does: a tenth of the time of a new figure."""
    patch = Patch()
    patch["data"] = [shown.trace]
    for name, axis in zip(("xaxis", "yaxis"), shown.axes, strict=True):
        for key, value in axis.items():
            patch["layout"][name][key] = value
    return patch


def pointing(pixel: Pixel, window: int, shape: Shape, is_zoom: bool, figure: Any) -> Any:
    """Put cross-hair and window box on ``figure`` (a Figure or a Patch); a zoom panel is set to the window."""
    left, right, top, bottom = box(pixel, window)
    layout = figure["layout"]
    layout["shapes"] = _marks(pixel, window, shape, is_zoom)
    if is_zoom:
        layout["xaxis"]["range"] = [left, right]
        layout["yaxis"]["range"] = [bottom, top]
    return figure


def box(pixel: Pixel, window: int) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of the window around ``pixel``, in axis units.

    Examples
    --------
    >>> box((10, 20), 3)
    (18.5, 21.5, 8.5, 11.5)
    """
    row, col = pixel
    half = window / 2
    return col - half, col + half, row - half, row + half


def _marks(pixel: Pixel, window: int, shape: Shape, is_zoom: bool) -> list[dict[str, Any]]:
    """The cross-hair, which leaves the middle of a zoom free, and the window box."""
    row, col = pixel
    left, right, top, bottom = box(pixel, window)
    gap = ZOOM_GAP * window if is_zoom else 0
    line = {"type": "line", "line": {"color": CROSS, "width": 1}}
    across = [{**line, "x0": x0, "x1": x1, "y0": row, "y1": row} for x0, x1 in _arms(col, shape[1], gap)]
    down = [{**line, "x0": col, "x1": col, "y0": y0, "y1": y1} for y0, y1 in _arms(row, shape[0], gap)]
    frame = {"type": "rect", "x0": left, "x1": right, "y0": top, "y1": bottom}
    return [*across, *down, {**frame, "line": {"color": BOX, "width": 1.5}}]


def _arms(at: int, length: int, gap: float) -> list[tuple[float, float]]:
    """A line from border to border, or what is left of it on either side of a gap around ``at``."""
    if gap == 0:
        return [(-0.5, length - 0.5)]
    return [(-0.5, at - gap), (at + gap, length - 0.5)]


def moved(pixel: Pixel, window: int, shape: Shape, is_zoom: bool) -> Patch:
    """What changes in an image panel when the principal pixel moves."""
    return pointing(pixel, window, shape, is_zoom, Patch())


def scatter(found: Density, names: tuple[str, str]) -> go.Figure:
    """Guidance 1 against guidance 2: every pixel as a grey dot, the window's to be added in green.

    The grey dots are a picture laid under the axes: 65,536 of them as marks would take seconds to draw.
    """
    figure = blank(f"Scatterplot of guidance {names[0]} against guidance {names[1]}", margin=34)
    x, y = found.x, found.y
    figure.add_layout_image(
        source=png_source(found.dots),
        xref="x",
        yref="y",
        x=x[0],
        y=y[1],
        sizex=x[1] - x[0],
        sizey=y[1] - y[0],
        sizing="stretch",
        layer="below",
    )
    figure.add_trace(
        go.Scatter(
            x=[],
            y=[],
            mode="markers",
            marker={"color": "#2fbf5b", "size": 3.5},
            showlegend=False,
            hovertemplate=f"{names[0]} %{{x:.4f}}<br>{names[1]} %{{y:.4f}}<extra></extra>",
        )
    )
    ring = {"color": "rgba(0,0,0,0)", "size": 9, "line": {"color": BOX, "width": 1.5}}
    figure.add_trace(go.Scatter(x=[], y=[], mode="markers", marker=ring, showlegend=False, hoverinfo="skip"))
    style = {"visible": True, "gridcolor": "rgba(128,128,128,0.2)", "zerolinecolor": "rgba(128,128,128,0.6)"}
    figure.update_xaxes(range=x, nticks=4, title={"text": f"guidance {names[0]}", "standoff": 2}, **style)
    figure.update_yaxes(range=y, nticks=4, title={"text": f"guidance {names[1]}", "standoff": 2}, **style)
    figure.update_layout(font={"size": 9, "color": "#888"}, hovermode="closest")
    return figure


def marked(
    figure: Any,
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    pixel: Pixel,
    window: int,
) -> Any:
    """Put the window's pixels in green, the principal one ringed, on a scatterplot (a Figure or a Patch)."""
    around, centre = figure["data"][0], figure["data"][1]
    around["x"] = windowed(first, pixel, window).ravel()
    around["y"] = windowed(second, pixel, window).ravel()
    centre["x"], centre["y"] = [float(first[pixel])], [float(second[pixel])]
    return figure

"""The Plotly figures of the page, from arrays; every scale and range is decided here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dashboard.imaging.colormaps import DIVERGING, table
from dashboard.imaging.density import Density
from dashboard.imaging.encoding import png_source
from dashboard.imaging.windows import windowed
from saliency.geometry.window import Pixel, Window

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
PLOT_FONT = {"size": 12, "color": "#8d96a0"}
RING = "#ff3b30"
"""Colour of the principal pixel, as on the canvases."""


def graph_config(shown: str) -> Any:  # Dash's type knows no locales
    """How Plotly behaves where ``shown`` is: its button tells a screen reader so, and the file it saves."""
    button = {"Download plot as a PNG": f"Download {shown} as a PNG"}
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"fusevis {shown}").strip("-")
    options = {**GRAPH_CONFIG["toImageButtonOptions"], "filename": name}
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


class ColorScale(NamedTuple):
    """How derivatives become colours, in the order that `dashboard.imaging.encoding.colored` takes it."""

    limit: float
    gamma: float
    display: str
    colormap: str


@dataclass(frozen=True, eq=False)
class PanelPicture:
    """A picture of an image, whole or a window of it, and the values it is made of.

    Attributes
    ----------
    pixels : uint8 (h, w) or (h, w, 3)
    values : float32 (h, w), or (h, w, 3) of an overlay
        Not scaled, not rounded.
    area : Window
        Which part of the image.
    step : int
        How many pixels of the image, along each axis, one of the picture stands for.
    scale : ColorScale or None
        Of derivatives; None for pictures and overlays.
    raw : float32 (h, w) or None
        An input's values as its file has them.
    unit : str
        Of ``raw``.
    """

    pixels: NDArray[np.uint8]
    values: NDArray[np.float32]
    area: Window
    step: int = 1
    scale: ColorScale | None = None
    raw: NDArray[np.float32] | None = None
    unit: str = ""


def enlarged(
    picture: PanelPicture,
    title: str,
    box: tuple[float, float, float, float],
    parts: Sequence[str],
    *,
    light: bool,
    aspect: float = 1.0,
) -> go.Figure:
    """One picture to work with: axes in pixels, the exact values under the pointer, a colour bar of derivatives.

    Parameters
    ----------
    picture : PanelPicture
    title : str
        What is shown; the saved file carries it too.
    box : tuple of float
        Left, right, top and bottom of what is shown, pixel centres on whole numbers.
    parts : sequence of str
        What each of the values at a pixel is called: one name, or three of an overlay.
    light : bool
        On white ground instead of dark.
    aspect : float
        How many times as high as wide a pixel is drawn.
    """
    left, right, top, bottom = box
    figure = dressed(blank(title), title, light=light)
    figure.add_traces([_image(picture), _exact_values(picture, parts)])
    axis = {"visible": True, "showgrid": False, "zeroline": False, "ticks": "outside", "constrain": "domain"}
    figure.update_xaxes(range=[left, right], title="column", **axis)
    figure.update_yaxes(range=[bottom, top], title="row", scaleanchor="x", scaleratio=aspect, **axis)
    if picture.scale is not None and picture.scale.limit > 0:
        figure.add_trace(_color_bar(picture.scale))
    return figure


def dressed(figure: go.Figure, title: str, *, light: bool) -> go.Figure:
    """Give ``figure`` a title, room for labels and the page's colours, so that it can be saved as it is."""
    ink, ground = ("#1d2329", "#ffffff") if light else ("#d7dce1", "#14171a")
    figure.update_layout(
        title={"text": title, "font": {"size": 13}, "x": 0.02, "y": 0.985, "yanchor": "top"},
        margin={"l": 56, "r": 16, "t": 34, "b": 44},
        font={"size": 12, "color": ink},
        paper_bgcolor=ground,
        plot_bgcolor=ground,
        hovermode="closest",
        hoverlabel={"bgcolor": ground, "bordercolor": ink, "font": {"color": ink}},
    )
    return figure


def waiting(title: str, sentence: str, *, light: bool) -> go.Figure:
    """A figure of what is not computed yet: the reason stands where the picture will be."""
    figure = dressed(blank(title), title, light=light)
    figure.add_annotation(text=sentence, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
    return figure


def _image(picture: PanelPicture) -> go.Image:
    """The picture, pixel centres on whole numbers."""
    return go.Image(source=png_source(picture.pixels), hoverinfo="skip", **_place(picture))


def _exact_values(picture: PanelPicture, parts: Sequence[str]) -> go.Heatmap:
    """What the pointer reads, laid over the picture unseen: a picture's own hover knows only its colours."""
    values = picture.values
    return go.Heatmap(
        z=values if values.ndim == 2 else values[..., -1],
        customdata=picture.raw if values.ndim == 2 else values,
        hovertemplate=_hover_text(picture, parts),
        opacity=0,
        showscale=False,
        zsmooth="fast",  # one pixel each, however many
        **_place(picture),
    )


def _place(picture: PanelPicture) -> dict[str, float]:
    middle = (picture.step - 1) / 2
    return {
        "x0": picture.area.left + middle,
        "y0": picture.area.top + middle,
        "dx": picture.step,
        "dy": picture.step,
    }


def _hover_text(picture: PanelPicture, parts: Sequence[str]) -> str:
    places = ["z"] if len(parts) == 1 else [f"customdata[{number}]" for number in range(len(parts))]
    values = [f"{name} %{{{place}:.7g}}" for name, place in zip(parts, places, strict=True)]
    if picture.raw is not None:
        values.append(f"in the file %{{customdata:.6g}} {picture.unit}".rstrip())
    at = "row %{y}, column %{x}"
    if picture.step > 1:
        at = f"{picture.step} × {picture.step} pixels around row %{{y:.1f}}, column %{{x:.1f}}"
    return "<br>".join([at, *values]) + "<extra></extra>"


def _color_bar(scale: ColorScale) -> go.Scatter:
    """A colour bar for a picture: a trace without a point, as pictures in Plotly have none of their own."""
    low = -scale.limit if scale.display == "signed" else 0.0
    marker = {
        "color": [0.0],
        "cmin": low,
        "cmax": scale.limit,
        "colorscale": _stops(scale),
        "showscale": True,
        "colorbar": {"thickness": 14, "outlinewidth": 0, "ticks": "outside", "exponentformat": "e"},
    }
    return go.Scatter(x=[None], y=[None], mode="markers", marker=marker, showlegend=False, hoverinfo="skip")


def _stops(scale: ColorScale) -> list[tuple[float, str]]:
    """Where on a linear axis of values each of the 256 colours lies: the power law, inverted."""
    place = np.linspace(0, 1, 256)
    colors = table(DIVERGING if scale.display == "signed" else scale.colormap)
    if scale.display == "signed":
        signed = 2 * place - 1
        place = (np.sign(signed) * np.abs(signed) ** (1 / scale.gamma) + 1) / 2
    else:
        place = place ** (1 / scale.gamma)
    return [(float(at), f"rgb({r},{g},{b})") for at, (r, g, b) in zip(place, colors, strict=True)]


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
    ring = {"color": "rgba(0,0,0,0)", "size": 9, "line": {"color": RING, "width": 1.5}}
    figure.add_trace(go.Scatter(x=[], y=[], mode="markers", marker=ring, showlegend=False, hoverinfo="skip"))
    style = {"visible": True, "gridcolor": "rgba(128,128,128,0.2)", "zerolinecolor": "rgba(128,128,128,0.6)"}
    title = {"standoff": 2, "font": {"size": 12}}
    figure.update_xaxes(range=x, nticks=4, title={"text": f"guidance {names[0]}", **title}, **style)
    figure.update_yaxes(range=y, nticks=4, title={"text": f"guidance {names[1]}", **title}, **style)
    figure.update_layout(font={"size": 12, "color": "#888"}, hovermode="closest")
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

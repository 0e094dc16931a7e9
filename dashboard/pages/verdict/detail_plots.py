"""The pictures of the Verdict page: maps around a pixel with their scales, shares, and the nudge's curve."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from dashboard.components.plots import PLOT_FONT, blank
from dashboard.components.url_state import State
from dashboard.imaging.colormaps import DIVERGING, table
from dashboard.imaging.encoding import colored, png_source
from dashboard.pages.verdict.verdict_lines import AGREES
from saliency import Nudge

REAL, PREDICTED = "#339af0", "#e8590c"
SHADES = 257
"""Colours of a scale's bar, one of them the middle."""


def map_source(values: NDArray[np.float32], limit: float, state: State) -> str:
    """Signed values (h, w) in the chosen display, γ and colours, which end at ``limit``."""
    return png_source(colored(values, limit, state.gamma1, state.display, state.colormap))


def scale_source(state: State) -> str:
    """The colours of a scale: values grow evenly to the right, so that γ shows in the colours, as elsewhere."""
    least = -1.0 if state.display == "signed" else 0.0
    return map_source(np.linspace(least, 1, SHADES, dtype=np.float32)[None], 1.0, state)


def scale_ticks(limit: float, state: State) -> tuple[str, str, str]:
    """The values at the start, in the middle and at the end of a scale.

    Examples
    --------
    >>> scale_ticks(0.5, State(display="signed")), scale_ticks(0.5, State(gamma1=0.5))
    (('−0.5', '0', '0.5'), ('0', '0.25', '0.5'))
    """
    if state.display == "signed":
        return f"−{limit:.3g}", "0", f"{limit:.3g}"
    return "0", f"{limit / 2:.3g}", f"{limit:.3g}"


def share_bar_source() -> str:
    """The colours of shares: the first input alone at the left, the second alone at the right."""
    return png_source(table(DIVERGING)[None])


def nudge_figure(found: Nudge, name: str) -> go.Figure:
    """The fused pixel as the pixel of input ``name`` changes, beside the straight line of its derivative.

    What the input cannot become, outside [0, 1], is dotted; the range in which both agree is tinted.
    """
    figure = blank(f"The fused pixel as {name} changes by δ, real and predicted")
    agreed = found.true_within(AGREES)
    if agreed > 0:
        figure.add_vrect(x0=-agreed, x1=agreed, fillcolor=REAL, opacity=0.13, line_width=0)
    for values, word, color, dash in (
        (found.predicted, "predicted: y + J·δ", PREDICTED, "dash"),
        (found.real, "real", REAL, "solid"),
    ):
        _add_line(figure, found, values, word, color, dash)
    style = {"visible": True, "gridcolor": "rgba(128,128,128,0.2)", "zerolinecolor": "rgba(128,128,128,0.6)"}
    figure.update_xaxes(title={"text": f"δ, added to {name}", "standoff": 4}, **style)
    figure.update_yaxes(title={"text": "fused pixel", "standoff": 2}, **style)
    figure.update_layout(
        font=PLOT_FONT,
        hovermode="x unified",
        margin={"l": 56, "r": 8, "t": 6, "b": 60},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        hoverlabel={"bgcolor": "#14171a", "font": {"color": "#d7dce1"}},
    )
    return figure


def _add_line(
    figure: go.Figure, found: Nudge, values: NDArray[np.float64], word: str, color: str, dash: str
) -> None:
    """One curve over all nudges, faint and dotted where no image can be."""
    possible = np.where(found.possible, values, np.nan)
    hover = f"{word} %{{y:.4f}}<extra></extra>"
    figure.add_trace(
        go.Scatter(
            x=found.deltas,
            y=values,
            mode="lines",
            showlegend=False,
            opacity=0.5,
            hovertemplate=hover,
            line={"color": color, "dash": "dot", "width": 1},
        )
    )
    figure.add_trace(
        go.Scatter(
            x=found.deltas,
            y=possible,
            mode="lines",
            name=word,
            hoverinfo="skip",
            line={"color": color, "dash": dash, "width": 2},
        )
    )

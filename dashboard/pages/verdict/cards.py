"""Answers about one pixel as the cards of the Verdict page show them: pictures, figures and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from dash import dcc, html
from dash.development.base_component import Component
from numpy.typing import NDArray

from dashboard.components import plots
from dashboard.components.handled_pictures import PAIR, hands, proportions, windowed
from dashboard.imaging import downsampling
from dashboard.jobs.job import JobState
from dashboard.pages.verdict import detail_plots
from dashboard.pages.verdict.state import ATTRIBUTIONS, INPUTS, Crossing, QuestionState, cut
from dashboard.pages.verdict.verdict_lines import AGREES
from fusion import ImagePair
from saliency import Attribution, Check, Nudge, diffusion_index
from saliency.defaults import SAMPLES
from saliency.geometry.window import Window
from saliency.measures.display import shared_limit

Body = list[Component]
TITLES = {
    "integrated": "Integrated gradients, from a black pair",
    "smooth": "SmoothGrad",
    "local": "Local attribution map, from a blurred pair",
}
VERDICTS = {
    True: ("✓ Passes", "holds"),
    False: ("⚠ Warning", "does-not-hold"),
    None: ("– Does not apply", "quiet"),
}


def waiting(sentence: str, done: int = 0, total: int = 0) -> Component:
    """That something is still computed, and how far it is where that is known."""
    bar = [html.Progress(value=str(done), max=str(total))] if total else []
    return html.P([*bar, html.Span(sentence)], className="ask-waiting")


def failed(sentence: str) -> Component:
    """Why there is no answer, or no more of it."""
    return html.P(sentence, className="ask-failure")


def crossing(answer: JobState, pair: ImagePair, state: QuestionState, reason: str = "") -> Body:
    """Where an input pixel goes, beside where the fused pixel comes from, on one scale.

    ``reason`` says why the network is not local, so that both take long; empty where it is.
    """
    found: Crossing | None = answer.value
    patience = f" {reason} The whole image is differentiated: this can take minutes." if reason else ""
    if found is None:
        return _without(answer, f"Computing the row of the Jacobian…{patience}")
    area, name = _area(pair, state), pair.names[INPUTS.index(state.which)]
    maps = found.on(state.which, area)
    limit = shared_limit(maps[0], maps[-1], state.display)
    titles = (
        f"Row: pixels of {name} that make the fused pixel",
        f"Column: fused pixels that this pixel of {name} moves",
    )
    pictures: Body = [
        _map(values, limit, state, area, pair.aspect, title, _sums(values, getattr(part, state.which)))
        for values, title, part in zip(maps, titles, (found.row, found.column), strict=False)
    ]
    if found.column is None:
        pictures.append(html.Div(_without(answer, f"Computing the column…{patience}")))
    return [html.Div(pictures, className="ask-maps"), _scale(limit, state, "∂y/∂x, one scale for both")]


def nudged(answer: JobState, pair: ImagePair) -> Body:
    """The fused pixel over δ, real and predicted, and how far the derivative can be believed."""
    found: Nudge | None = answer.value
    if found is None:
        return _without(answer, "Nudging the pixel…")
    name = pair.names[found.input_index]
    graph = dcc.Graph(
        figure=detail_plots.nudge_figure(found, name),
        config=plots.graph_config("nudge curve"),
        className="ask-curve",
        style={"height": "310px"},
    )
    sentence = f"J = {found.slope:+.4g}. Dotted: {name} would leave [0, 1], which no image does."
    return [graph, html.P(agreement(found)), html.P(sentence.replace("-", "−"), className="quiet")]


def agreement(found: Nudge) -> str:
    """In which range the prediction agrees with what happens, in a sentence."""
    within, most = found.true_within(AGREES), float(np.abs(found.deltas).max())
    if np.ptp(found.real) < 1e-6 and found.slope == 0:
        return "The fused pixel does not depend on this input pixel, as the derivative says."
    if within == 0:
        return "Already at the smallest nudge tried the derivative is off by more than a tenth of the change."
    every = "for every nudge tried" if within == most else f"for nudges up to ±{within:.3g}"
    return f"The derivative tells the truth {every}" + (
        f", ±{most:.3g}: off by at most a tenth of the change."
        if within == most
        else " (tinted): off by at most a tenth of the change; beyond, on one side at least, by more."
    )


def trust(answer: JobState) -> Body:
    """The trust card's lines, one after the other."""
    checks: Sequence[Check] = answer.value or ()
    lines: Body = [_line(check) for check in checks]
    if answer.is_over and not answer.failure:
        return lines
    return [*lines, *_without(answer, f"Check {len(checks) + 1} of 3 is being made…", len(checks), 3)]


def _line(check: Check) -> Component:
    word, kind = VERDICTS[check.passed]
    value = "no figure" if check.value is None else f"{check.value:.3g}, passes up to {check.threshold:.3g}"
    return html.Div(
        [
            html.P([html.B(word, className=f"verdict {kind}"), " ", check.name.capitalize(), html.Small(value)]),
            html.P(check.meaning),
            html.P(check.measured.replace(" -", " −"), className="quiet"),
        ],
        className="ask-check",
    )


def attributions(answers: Mapping[str, JobState], pair: ImagePair, state: QuestionState) -> Body:
    """Every further method, side by side."""
    return [
        html.Div(attribution(name, answers[name], pair, state), className="ask-method") for name in ATTRIBUTIONS
    ]


def attribution(name: str, answer: JobState, pair: ImagePair, state: QuestionState) -> Body:
    """One method's maps for both inputs on the method's own scale, and whether it is complete."""
    found: Attribution | None = answer.value
    head: Body = [html.H3(TITLES[name])]
    if found is None:
        return [*head, *_without(answer, "Waits for its turn…")]
    area = _area(pair, state)
    maps = [cut(values, found.area, area, found.shape) for values in (found.first, found.second)]
    limit = shared_limit(maps[0], maps[1], state.display)
    pictures = [
        _map(values, limit, state, area, pair.aspect, title, _sums(values, whole))
        for values, title, whole in zip(maps, pair.names, (found.first, found.second), strict=True)
    ]
    unit = "mean ∂y/∂x" if name == "smooth" else "part of the fused value"
    below: Body = [html.P(attribution_words(found))]
    if not answer.is_over or answer.failure:
        goal = SAMPLES if name == "smooth" else 0
        below += _without(answer, "Growing more precise…", found.steps if goal else 0, goal)
    return [*head, html.Div(pictures, className="ask-maps"), _scale(limit, state, unit), *below]


def attribution_words(found: Attribution) -> str:
    """What an attribution sums to, whether that is complete, and from how many pixels it comes."""
    if found.baseline is None or found.residual is None or found.error is None:
        return f"Mean Jacobian of {found.steps} noisy copies; there is no path, and so no sum to be complete."
    index = diffusion_index(found)
    spread = "" if index is None else f" Diffusion index {index:.3g} of 100."
    verdict = "Complete" if found.is_complete else "Not complete"
    sentence = (
        f"{verdict} ({found.steps} gradients): the sum misses the change from {found.baseline:z.4f} to "
        f"{found.value:z.4f} by {found.residual:+.1e}; error {found.error:.1e}, to be at most {found.bound:.0e}."
        f"{spread}"
    )
    return sentence.replace("-", "−")


def surface(source: str, name: str, id_: str, *over: Component, image: str = "") -> Component:
    """A whole picture on which a click chooses the pixel; js/pages/verdict/details.js draws the cross.

    ``image`` is what it shows, where it can be windowed.
    """
    cross, shown = html.Span(className="ask-cross"), windowed(image) if image else {}
    described: Any = {"aria-label": f"{name}: click to choose a pixel, arrow keys move it"}
    return html.Div(
        [html.Img(id=id_, src=source, alt=name, draggable="false", **shown), *over, cross],
        className="ask-surface",
        tabIndex=0,
        role="application",
        **described,
        **hands(PAIR),
    )


def bar(source: str, ticks: Sequence[str], unit: str = "") -> Component:
    """A colour bar with what its start, middle and end mean."""
    return html.Div(
        [
            html.Img(src=source, alt="Colour bar", className="bar"),
            html.Div([html.Span(tick) for tick in ticks], className="ask-ticks"),
            *([html.Div(unit, className="quiet")] if unit else []),
        ],
        className="ask-bar",
    )


def _scale(limit: float, state: QuestionState, unit: str) -> Component:
    gamma = f"{unit}; γ = {state.gamma1:g}"
    return bar(detail_plots.scale_source(state), detail_plots.scale_ticks(limit, state), gamma)


def _map(
    values: NDArray[np.float32],
    limit: float,
    state: QuestionState,
    area: Window,
    aspect: float,
    title: str,
    note: str,
) -> Component:
    """A map of the window with its pixel framed."""
    (height, width), pixel = area.shape, state.pixel
    spot = html.I(
        className="ask-spot",
        style={
            "left": f"{100 * (pixel[1] - area.left) / width:.3f}%",
            "width": f"{100 / width:.3f}%",
            "top": f"{100 * (pixel[0] - area.top) / height:.3f}%",
            "height": f"{100 / height:.3f}%",
        },
    )
    shown = html.Img(src=detail_plots.map_source(values, limit, state), alt=title)
    caption = html.Figcaption([html.B(title), html.Br(), html.Span(note, className="quiet")])
    drawn = {} if aspect == 1 else {"--ratio": proportions(area.shape, aspect)}
    return html.Figure([html.Div([shown, spot], className="ask-map", style=drawn), caption])


def _sums(shown: NDArray[np.float32], everything: NDArray[np.float32]) -> str:
    """The sum over all pixels, and how much of the size lies outside what is shown."""
    size = float(np.abs(everything).sum(dtype=np.float64))
    outside = 1 - float(np.abs(shown).sum(dtype=np.float64)) / size if size > 0 else 0.0
    total = f"{everything.sum(dtype=np.float64):+.4g}".replace("-", "−")
    return f"sum {total}; {max(outside, 0):.1%} outside the window"


def _area(pair: ImagePair, state: QuestionState) -> Window:
    return downsampling.window_around(state.pixel, state.window, pair.shape)


def _without(answer: JobState, sentence: str, done: int = 0, total: int = 0) -> Body:
    """Why an answer is not there, or not finished."""
    return [failed(answer.failure) if answer.failure else waiting(sentence, done, total)]

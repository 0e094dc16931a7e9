"""Questions: what else one pixel of one pair and network can answer.

    click, keys, typing ─▶ pick() ─▶ dcc.Store "pixel" ─▶ follow() ─▶ JobQueue, GuidanceQueue ─▶ cards
                                                            ▲ every moment while anything is open

Answers of another pixel are given up as soon as this page asks about the next one.
"""

from __future__ import annotations

import uuid

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import controls, ids, navigation
from dashboard.pages.questions.cards import surface
from dashboard.pages.questions.state import INPUTS, SHARES, QuestionState
from dashboard.service.saliency_service import SaliencyService
from dashboard.views.opening import first_view

PREFIX = "ask-"
PAIR, NETWORK, ROW, COL, DISPLAY, COLORMAP, WINDOW, GAMMA, THEME = (
    PREFIX + each
    for each in (
        ids.PAIR,
        ids.NETWORK,
        ids.ROW,
        ids.COL,
        ids.DISPLAY,
        ids.COLORMAP,
        ids.WINDOW,
        ids.GAMMA1,
        ids.THEME,
    )
)
WHICH_INPUT, SHARES_OF, ADDRESS, START, CLICK, PIXEL, VIEW, MEASURED, SHOWN, CLOCK, TOKEN = (
    "ask-which",
    "ask-shares-of",
    "ask-address",
    "ask-start",
    "ask-click",
    "ask-pixel",
    "ask-view",
    "ask-measured",
    "ask-shown",
    "ask-clock",
    "ask-token",
)
ADDRESS_PROBLEM, PROBLEM, WAITING = "ask-address-problem", "ask-problem", "ask-waiting"
PICTURE, NAME, BODY = "ask-picture-", "ask-name-", "ask-body-"
"""Followed by the picture's, or by the card's, word."""
PICTURES = ("fused", "first", "second")
CARDS = {
    "column": ("Where does this input pixel go?", "A column of the Jacobian beside the row that Explore shows."),
    "shares": ("Share map", "Which input leads at each fused pixel, on a scale that compares between pictures."),
    "nudge": (
        "Does the derivative tell the truth?",
        "The input pixel is changed by δ and the fused one computed.",
    ),
    "trust": ("Trust card", "Three checks that the Jacobian of this pixel could fail."),
    "attributions": ("Other attributions", "Three further methods at this pixel, each on its own scale."),
}
"""Title and what stands below it, by the card's word."""
STRENGTHS = dict(zip(SHARES, ("Guidance", "All-pixel sums"), strict=True))
AGAIN = 300
"""Milliseconds between two questions how far the answers are."""


def layout(service: SaliencyService, default: QuestionState) -> html.Div:
    """The page as it is first sent, without an answer."""
    token = uuid.uuid4().hex
    return html.Div(
        [
            dcc.Location(id=ADDRESS, refresh=False),
            dcc.Store(id=TOKEN, data=token),
            *(dcc.Store(id=id_) for id_ in (START, CLICK, PIXEL, VIEW, MEASURED, SHOWN)),
            dcc.Interval(id=CLOCK, interval=AGAIN, disabled=True),
            navigation.navigation_bar("Questions"),
            _controls(service, default),
            html.Div(id=ADDRESS_PROBLEM, className="problem"),
            html.Div(id=PROBLEM, className="problem"),
            html.Main([_pictures(), _cards(default)], className="ask-main"),
            navigation.footer(),
        ],
        className="page questions",
        **{"data-watcher": token},  # type: ignore[arg-type]  # Dash types no data-*
    )


def default_state(service: SaliencyService) -> QuestionState:
    """What is shown where the address says nothing."""
    plain = first_view(service)
    return QuestionState(pair=plain.pair, network=plain.network)


def _controls(service: SaliencyService, state: QuestionState) -> html.Header:
    tip, problems = controls.tip, service.network_pool.problems()
    return html.Header(
        [
            tip("Which two registered pictures are fused.", controls.pair(service.catalogue.entries, state, PAIR)),
            tip(
                " ".join(("Which fusion network is questioned.", *problems.values())),
                controls.network(service.network_pool.names(), problems, state, NETWORK),
            ),
            *(
                tip(f"{word} of the pixel that is asked about; type to go there.", controls.number(id_, word))
                for id_, word in ((ROW, "Row"), (COL, "Column"))
            ),
            tip(
                "Whose pixel is followed and nudged.",
                controls.segments(WHICH_INPUT, "Input", {each: each.capitalize() for each in INPUTS}, state.which),
            ),
            tip(
                "Magnitude: how strongly, either way. Signed: red raises the fused pixel, blue lowers it. "
                "FuseVis: negative influence shown as none.",
                controls.segments(DISPLAY, "Derivative", controls.DISPLAYS, state.display),
            ),
            tip(
                "Colours of magnitudes; all can be read without colour vision.", controls.colormap(state, COLORMAP)
            ),
            tip("Side of the maps around the pixel.", controls.window(state, WINDOW)),
            controls.gamma(GAMMA, "γ", "maps", state.gamma1),
            tip("A light page, for reports and bright rooms.", controls.switch(THEME, "Light", state.light)),
        ],
        className="controls",
    )


def _pictures() -> html.Div:
    """Fused image and inputs, on which a click chooses the pixel."""
    parts: list[Component] = [html.P(id=WAITING, className="ask-waiting", role="status")]
    for each in PICTURES:
        parts += [html.H3(each.capitalize(), id=NAME + each), surface("", each, PICTURE + each)]
    return html.Div(parts, className="ask-pictures")


def _cards(state: QuestionState) -> html.Div:
    """An empty card for each question; the share map's has a choice of its own."""
    strengths = controls.tip(
        "Guidance: how strongly a fused pixel depends on the input pixel at its own place. All-pixel sums: on all "
        "pixels of the input, from every row of the Jacobian; that takes from seconds to half an hour.",
        controls.segments(SHARES_OF, "Strength", STRENGTHS, state.shares),
    )
    return html.Div(
        [_card(each, *([strengths] if each == "shares" else [])) for each in CARDS], className="ask-cards"
    )


def _card(word: str, *choice: Component) -> html.Section:
    title, meaning = CARDS[word]
    told = html.Div([html.H2(title), html.P(meaning, className="quiet")])
    head = html.Div([told, *choice], className="ask-head")
    return html.Section([head, html.Div(id=BODY + word)], className=f"ask-card ask-card-{word}")

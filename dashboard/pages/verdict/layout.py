"""Verdict: which network may be trusted at a pixel or in a region, and what else that pixel can answer.

    click, keys, typing ─▶ pick() ─▶ dcc.Store "pixel" ─┬▶ weigh() ─▶ JobQueue ─▶ a row for each network
    drag, typing ─▶ the region's word ──────────────────┘
                                     dcc.Store "pixel" ──▶ follow() ─▶ JobQueue, GuidanceQueue ─▶ cards (details)
                                                            ▲ every moment while anything is open

What was asked about another place is given up as soon as this page asks about the next one.
"""

from __future__ import annotations

import uuid

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import controls, ids, navigation, network_choice
from dashboard.components.handled_pictures import page_attributes
from dashboard.pages.verdict.cards import surface
from dashboard.pages.verdict.state import INPUTS, SHARES, QuestionState
from dashboard.pages.verdict.verdict_lines import DEFINITIONS
from dashboard.pages.verdict.verdict_table import rules
from dashboard.report import export_menu
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
REGION, OPEN, PLACE, TABLE, ROW_TICK, ROW_WAITS = (
    "ask-region",
    "ask-open",
    "verdict-place",
    "verdict-rows",
    "verdict-tick",
    "verdict-waits",
)
ROWS_SHOWN, ASKED, ROW_PROBLEM, DETAILS, DETAILS_TITLE, OUTLINE = (
    "verdict-shown",
    "verdict-asked",
    "verdict-problem",
    "verdict-details",
    "verdict-details-title",
    "ask-outline-",
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
            *(dcc.Store(id=id_) for id_ in (OPEN, ROWS_SHOWN, ASKED, ROW_TICK, ROW_WAITS)),
            dcc.Interval(id=CLOCK, interval=AGAIN, disabled=True),
            navigation.navigation_bar("Verdict"),
            _controls(service, default),
            html.Div(id=ADDRESS_PROBLEM, className="problem"),
            html.Div(id=PROBLEM, className="problem"),
            html.Div(id=ROW_PROBLEM, className="problem"),
            html.Main(
                [_pictures(), html.Div([_table(), _details(default)], className="verdict-body")],
                className="ask-main",
            ),
            navigation.footer(export_menu.export_menu([], "verdict")),
        ],
        className="page verdict-page",
        **{"data-watcher": token},  # type: ignore[arg-type]  # Dash types no data-*
        **page_attributes(),
    )


def default_state(service: SaliencyService) -> QuestionState:
    """What is shown where the address says nothing."""
    plain = first_view(service)
    return QuestionState(pair=plain.pair, network=plain.network)


def _controls(service: SaliencyService, state: QuestionState) -> html.Header:
    tip, problems = controls.tip, service.network_pool.problems()
    return html.Header(
        [
            tip(
                "Which two registered pictures are fused.",
                controls.pair(service.catalogue.entry(state.pair), PAIR),
            ),
            tip(
                " ".join(("Whose fused image is shown, and whose details.", *problems.values())),
                controls.network(network_choice.offered(service, state.pair), state, NETWORK),
            ),
            *(
                tip(f"{word} of the pixel that is asked about; type to go there.", controls.number(id_, word))
                for id_, word in ((ROW, "Row"), (COL, "Column"))
            ),
            tip(
                "A region in place of the pixel: drag a disk on a picture, or type disk:ROW,COL,RADIUS, "
                "rect:ROW,COL,ROW,COL, outline:… or label:… and press Enter. A click on a picture goes back to "
                "the pixel.",
                _region(),
            ),
            tip("A light page, for reports and bright rooms.", controls.switch(THEME, "Light", state.light)),
        ],
        className="controls",
    )


def _region() -> dmc.TextInput:
    return dmc.TextInput(
        id=REGION,
        label="Region",
        placeholder="drag on a picture, or disk:120,96,20",
        debounce=True,
        size=controls.SIZE,
        w=230,
        spellCheck=False,
    )


def _table() -> html.Section:
    """The verdict's head, its rows, and what columns and rules mean."""
    save = html.Button("Save as PDF", id="verdict-pdf", type="button", title="Everything that stands here")
    status = html.Span(id="verdict-pdf-status", role="status", className="quiet")
    meaning = [part for name, words in DEFINITIONS for part in (html.Dt(name), html.Dd(words))]
    return html.Section(
        [
            html.Header([html.H2(id=PLACE), save, status], className="verdict-head"),
            html.Div(id=TABLE),
            html.Details([html.Summary("What the columns mean"), html.Dl(meaning)]),
            html.Details([html.Summary("The rules behind each sentence"), rules()]),
        ],
        className="verdict-section",
    )


def _details(state: QuestionState) -> html.Section:
    """What else the pixel can answer about one network."""
    tip = controls.tip
    choices = [
        tip(
            "Whose pixel is followed and nudged.",
            controls.segments(WHICH_INPUT, "Input", {each: each.capitalize() for each in INPUTS}, state.which),
        ),
        tip(
            "Magnitude: how strongly, either way. Signed: red raises the fused pixel, blue lowers it. "
            "FuseVis: negative influence shown as none.",
            controls.derivative(DISPLAY, state.display),
        ),
        tip("Colours of magnitudes; all can be read without colour vision.", controls.colormap(state, COLORMAP)),
        tip("Side of the maps around the pixel.", controls.window(state, WINDOW)),
        controls.gamma(GAMMA, "γ", "maps", state.gamma1),
    ]
    title = html.H2(id=DETAILS_TITLE)
    head = html.Header([title, html.Div(choices, className="controls")], className="verdict-head")
    return html.Section([head, _cards(state)], id=DETAILS, hidden=True, className="verdict-section")


def _pictures() -> html.Div:
    """Fused image and inputs, on which a click chooses the pixel and a drag a region."""
    parts: list[Component] = [html.P(id=WAITING, className="ask-waiting", role="status")]
    for each in PICTURES:
        outline = html.Img(id=OUTLINE + each, alt="", className="ask-outline", draggable="false")
        shown = surface("", each, PICTURE + each, outline, image=each)
        parts += [html.H2(each.capitalize(), id=NAME + each), shown]
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

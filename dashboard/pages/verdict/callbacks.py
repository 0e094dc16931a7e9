"""What Verdict asks of the server: a pair through a network opened, how far the answers about a pixel are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from dashboard.components import ids as page_ids
from dashboard.components import navigation, url_state
from dashboard.components.choices import read_choice
from dashboard.components.stored_values import PixelFields
from dashboard.imaging.downsampling import FIGURE_SIDE, step_for
from dashboard.imaging.encoding import png_source
from dashboard.jobs.job import JobState
from dashboard.pages.verdict import cards, share_card
from dashboard.pages.verdict import layout as page
from dashboard.pages.verdict.share_card import Strengths, of_guidance, of_sums, only_exact
from dashboard.pages.verdict.state import ATTRIBUTIONS, PARSERS, Questions, QuestionState, pixel_of
from dashboard.pages.verdict.verdict_stores import Looks, MeasuredView, VerdictView
from dashboard.service.fused_pair import FusedPair
from dashboard.service.network_pool import StillMeasuringError
from dashboard.views.opening import usable
from dashboard.views.pictures import pictures
from fusion import InputError
from saliency import locality
from saliency.derivatives.guidance import takes_few_passes
from saliency.geometry.window import whole

Shown = dict[str, Any]
"""What each card shows, by its word, so that only what changes is sent."""
CHOICES = {
    "which": page.WHICH_INPUT,
    "display": page.DISPLAY,
    "colormap": page.COLORMAP,
    "window": page.WINDOW,
    "gamma1": page.GAMMA,
    "shares": page.SHARES_OF,
}
"""The control of each choice, by its word in the address."""


@dataclass(frozen=True, eq=False)
class PixelProgress:
    """What is asked about a pixel, and how far that is.

    Attributes
    ----------
    state : QuestionState
    fused_pair : FusedPair
    answers : dict of JobState
        By a word of `QUESTIONS`.
    strengths : Strengths
        What the share map compares.
    """

    state: QuestionState
    fused_pair: FusedPair
    answers: dict[str, JobState[Any]]
    strengths: Strengths

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.strengths.is_over and all(each.is_over for each in self.answers.values())


def register(app: Dash, questions: Questions, default: QuestionState) -> None:
    """Wire the page's callbacks to ``app``."""
    app.callback(
        Output(page.PAIR, "value"),
        Output(page.NETWORK, "value"),
        *(Output(id_, "value") for id_ in CHOICES.values()),
        Output(page.THEME, "checked"),
        Output(page.ADDRESS_PROBLEM, "children"),
        Output(page.START, "data"),
        Output(page.REGION, "value"),
        Output(page.OPEN, "data"),
        Input(page.ADDRESS, "search"),
    )(partial(restore, questions, default))
    app.callback(
        Output(page.VIEW, "data"),
        Output(page.PROBLEM, "children", allow_duplicate=True),
        Output(page.CLICK, "data"),
        *(Output(page.PICTURE + each, "src") for each in page.PICTURES),
        *(Output(page.NAME + each, "children") for each in page.PICTURES),
        Input(page.PAIR, "value"),
        Input(page.NETWORK, "value"),
        Input(page.MEASURED, "data"),
        State(page.PIXEL, "data"),
        State(page.START, "data"),
        prevent_initial_call="initial_duplicate",
    )(partial(open_view, questions))
    app.callback(
        output=[
            *(Output(page.BODY + each, "children") for each in page.CARDS),
            Output(page.PROBLEM, "children"),
            Output(page.CLOCK, "disabled"),
            Output(page.SHOWN, "data"),
        ],
        inputs=[
            Input(page.CLOCK, "n_intervals"),
            Input(page.VIEW, "data"),
            Input(page.PIXEL, "data"),
            {word: Input(id_, "value") for word, id_ in CHOICES.items()},
            Input(page.OPEN, "data"),
            State(page.TOKEN, "data"),
            State(page.SHOWN, "data"),
        ],
        prevent_initial_call=True,
    )(partial(follow, questions))
    in_browser = partial(ClientsideFunction, "verdict")
    app.clientside_callback(
        in_browser("pick"),
        Output(page.PIXEL, "data"),
        Output(page.ROW, "value"),
        Output(page.COL, "value"),
        Input(page.CLICK, "data"),
        Input(page.ROW, "value"),
        Input(page.COL, "value"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        in_browser("configure"),
        Output(page_ids.PROVIDER, "forceColorScheme", allow_duplicate=True),
        Input(page.VIEW, "data"),
        Input(page.PIXEL, "data"),
        *(Input(id_, "value") for id_ in CHOICES.values()),
        Input(page.REGION, "value"),
        Input(page.OPEN, "data"),
        Input(page.THEME, "checked"),
        prevent_initial_call=True,
    )
    app.clientside_callback(in_browser("choose"), Input(page.PAIR, "value"), Input(page.NETWORK, "value"))
    app.clientside_callback(in_browser("settle"), Input(page.SHOWN, "data"))


def restore(questions: Questions, default: QuestionState, query: str | None) -> tuple[Any, ...]:
    """Set every control to what the address asks for."""
    state, problems = url_state.read(query or "", default, PARSERS)
    known, more = usable(questions.service, state, default)
    sentence = navigation.alert(" ".join((*problems, *more)))
    chosen = state.which, state.display, state.colormap, str(state.window), state.gamma1, state.shares
    place = [known.row, known.col], state.region, state.details
    return known.pair, known.network, *chosen, state.light, sentence, *place


def open_view(
    questions: Questions,
    pair_id: str,
    network: str,
    _measured: str | None,
    pixel: PixelFields | None,
    start: PixelFields | None,
) -> tuple[Any, ...]:
    """Show both inputs and the fused image; a network that is still measured is waited for in the browser."""
    empty = [""] * 3, list(page.PICTURES)
    try:
        fused_pair = questions.service.open_measured(pair_id, network)
    except StillMeasuringError:
        return {"pair": pair_id, "network": network, "measuring": True}, None, no_update, *empty[0], *empty[1]
    except InputError as error:
        return None, navigation.alert(str(error)), no_update, *empty[0], *empty[1]
    shape, aspect = fused_pair.pair.shape, fused_pair.pair.aspect
    view = VerdictView(pair=pair_id, network=network, height=shape[0], width=shape[1], aspect=aspect)
    shown = pictures(fused_pair, whole(shape), step_for(shape, FIGURE_SIDE, aspect), in_color=False)
    names = ("Fused", *fused_pair.pair.names)
    return view, None, _start(pixel or start, shape), *(png_source(shown[each]) for each in page.PICTURES), *names


def _start(wanted: Any, shape: tuple[int, int]) -> list[int]:
    """The pixel that was looked at where this image has it, else the centre."""
    try:
        row, col = wanted or (None, None)
        return list(pixel_of(row, col, shape))
    except InputError:
        return list(pixel_of(None, None, shape))


def follow(
    questions: Questions,
    _clock: int | None,
    view: VerdictView | MeasuredView | None,
    at: PixelFields | None,
    choices: Looks,
    is_open: bool | None,
    token: str,
    shown: Shown | None,
) -> tuple[Any, ...]:
    """How far the answers are, while they are looked at; only the cards that something changed on are sent."""
    if not view or "measuring" in view or not at or not is_open:
        return _nothing(questions, token, no_update)
    try:
        progress = _ask(questions, token, *_state(questions, view, at, choices))
    except InputError as error:
        return _nothing(questions, token, navigation.alert(str(error)))
    before, now = shown or {}, _shown(progress, at)
    bodies = [no_update if before.get(card) == now[card] else _body(card, progress) for card in page.CARDS]
    return *bodies, None, progress.is_over, no_update if now == before else now


def _nothing(questions: Questions, token: str, problem: Any) -> tuple[Any, ...]:
    """Empty cards; what was being computed for the page is given up."""
    questions.leave(token)
    return *[None] * len(page.CARDS), problem, True, None


def _state(
    questions: Questions, view: VerdictView, at: Sequence[Any], looks: Looks
) -> tuple[QuestionState, FusedPair]:
    """What is asked for, checked, and the pair through the network."""
    choices: dict[str, Any] = {**looks, "window": read_choice("window", looks["window"])}
    url_state.check({**choices, **view}, "pair", "network", "window", "gamma1", "display", "colormap")
    fused_pair = questions.service.open_measured(view["pair"], view["network"])
    row, col = pixel_of(at[0], at[1], fused_pair.pair.shape)
    return QuestionState(pair=view["pair"], network=view["network"], row=row, col=col, **choices), fused_pair


def _ask(questions: Questions, token: str, state: QuestionState, fused_pair: FusedPair) -> PixelProgress:
    """How far all cards are; asking keeps them going."""
    answers = questions.ask(token, fused_pair, state.pixel, state.which)
    return PixelProgress(state, fused_pair, answers, _strengths(questions, token, fused_pair, state))


def _strengths(questions: Questions, token: str, fused_pair: FusedPair, state: QuestionState) -> Strengths:
    """How far that is which the share map compares; what it does not compare is given up."""
    if state.shares == "sums":
        questions.service.guidance_queue.leave(token)
        return of_sums(questions.ask_sums(token, fused_pair))
    questions.leave_sums(token)
    service = questions.service
    is_quick = takes_few_passes(fused_pair.loaded.network, fused_pair.pair)
    if not is_quick and service.finished_guidance(fused_pair) is None:
        service.guidance_queue.leave(token)
        return only_exact(fused_pair.pair)
    return of_guidance(service.guidance(fused_pair, token))


def _shown(progress: PixelProgress, at: Any) -> Shown:
    """What decides each card, the choices and how far its answers are, and what the browser has to know."""
    state, strengths = progress.state, progress.strengths
    view = [state.pair, state.network]
    looks = [getattr(state, word) for word in CHOICES]
    far = {name: [each.parts, each.is_over, each.failure] for name, each in progress.answers.items()}
    return {
        "column": [*at, *view, *looks, *far["column"]],
        "shares": [*at, *view, state.shares, strengths.done, strengths.total, strengths.failure],
        "nudge": [*at, *view, *looks, *far["nudge"]],
        "trust": [*at, *view, *far["trust"]],
        "attributions": [*at, *view, *looks, *(far[name] for name in ATTRIBUTIONS)],
        "pixel": at,
        "view": view,
        "which": state.which,
        "isOver": progress.is_over,
    }


def _body(card: str, progress: PixelProgress) -> Any:
    """What stands on a card."""
    state, answers = progress.state, progress.answers
    pair = progress.fused_pair.pair
    if card == "shares":
        return share_card.body(progress.strengths, pair, state)
    if card == "trust":
        return cards.trust(answers["trust"])
    if card == "nudge":
        return cards.nudged(answers["nudge"], pair)
    if card == "column":
        reason = locality(progress.fused_pair.loaded.network).reason
        return cards.crossing(answers["column"], pair, state, reason)
    return cards.attributions(answers, pair, state)

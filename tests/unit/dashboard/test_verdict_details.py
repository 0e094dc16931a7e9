"""The details of Verdict without a browser: answers held against saliency's, the address, the cards."""

import base64
import io
import time

import numpy as np
import pytest
from dash import no_update
from dash.development.base_component import Component
from PIL import Image

import fusion
import saliency
from dashboard.components import url_state
from dashboard.imaging.encoding import colored
from dashboard.jobs.guidance_queue import Snapshot
from dashboard.jobs.job import JobState
from dashboard.pages.verdict import all_pixel_sums, callbacks, detail_plots, share_card
from dashboard.pages.verdict import cards as pixel_cards
from dashboard.pages.verdict import layout as page
from dashboard.pages.verdict.state import PARSERS, QUESTIONS, SUMS, Crossing, Questions, QuestionState
from fusion import InputError
from saliency import Locality
from saliency.geometry.window import Window
from saliency.receptive_field.locality import remember
from tests.support.close_results import assert_close
from tests.support.open_jobs import open_jobs
from tests.support.waiting import until

PAIR, NETWORK, PIXEL = "cases/wide", "DeepFuse", (20, 31)
VIEW = {"pair": PAIR, "network": NETWORK, "height": 48, "width": 72, "aspect": 1}
LOOKS = {"display": "magnitude", "colormap": "viridis", "window": "31", "gamma1": 0.3, "shares": "guidance"}


@pytest.fixture(scope="module")
def questions(service):
    service.network_pool.get(NETWORK)  # else a busy machine is told that how far it sees is being measured
    return Questions(service)


@pytest.fixture(scope="module")
def fused_pair(service):
    return service.open_pair(PAIR, NETWORK)


def finished(ask):
    """What ``ask`` gives once nothing more will come."""
    deadline = time.monotonic() + 120
    while True:
        answers = ask()
        if all(each.is_over for each in answers):
            return answers
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def answers(questions, fused_pair):
    found = finished(lambda: list(questions.ask("module", fused_pair, PIXEL, "second").values()))
    return dict(zip(QUESTIONS, found, strict=True))


def follow(questions, at, input_name="first", view=VIEW, shown=None, token="page", is_open=True):
    return callbacks.follow(questions, None, view, at, {"which": input_name, **LOOKS}, is_open, token, shown)


def text_of(part):
    """All words inside a component."""
    if isinstance(part, Component):
        return text_of(getattr(part, "children", None))
    return " ".join(map(text_of, part)) if isinstance(part, list | tuple) else str(part or "")


# ---- answers


@pytest.mark.slow
def test_answers_are_saliencys(answers, world):
    network, pair = world.networks[NETWORK], world.pairs[PAIR]
    assert [each.failure for each in answers.values()] == [""] * len(QUESTIONS)
    crossing = answers["column"].value
    same = [
        (crossing.row, saliency.jacobian(network, pair, PIXEL)),
        (crossing.column, saliency.column(network, pair, PIXEL)),
        (answers["integrated"].value, saliency.integrated_gradients(network, pair, PIXEL)),
        (answers["smooth"].value, saliency.smooth_gradients(network, pair, PIXEL)),
        (answers["local"].value, saliency.local_attribution(network, pair, PIXEL)),
    ]
    for found, expected in same:
        assert found.area == expected.area
        for input_name in ("first", "second"):
            np.testing.assert_allclose(
                getattr(found, input_name), getattr(expected, input_name), rtol=1e-4, atol=1e-6
            )
    nudged = saliency.nudge(network, pair, PIXEL, 1)
    np.testing.assert_allclose(answers["nudge"].value.real, nudged.real, rtol=1e-5)
    assert answers["nudge"].value.input_index == 1
    assert_close(answers["trust"].value, saliency.trust_card(network, pair, PIXEL))


def test_a_map_shows_row_and_column_at_their_place(answers):
    area = Window(0, 33, 20, 60)
    row, column = answers["column"].value.on("second", area)
    found = answers["column"].value
    assert row.shape == column.shape == area.shape
    np.testing.assert_array_equal(row, found.row.full()[1][area.slices])
    at = PIXEL[0], PIXEL[1] - 20
    assert column[at] == pytest.approx(row[at], rel=1e-5)  # both are ∂y[p]/∂x[p]
    assert not np.allclose(row, column)


# ---- the page


def test_follow_fills_the_cards_and_sends_only_what_changes(questions, fused_pair):
    deadline = time.monotonic() + 120
    shown, cards = None, dict.fromkeys(page.CARDS)
    while True:
        *bodies, problem, is_over, now = follow(questions, PIXEL, shown=shown)
        cards |= {word: body for word, body in zip(page.CARDS, bodies, strict=True) if body is not no_update}
        shown = shown if now is no_update else now
        if is_over:
            break
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert problem is None
    assert shown["pixel"] == PIXEL
    again = follow(questions, PIXEL, shown=shown)
    assert all(each is no_update for each in again[: len(page.CARDS)])
    first, _ = questions.service.finished_guidance(fused_pair)
    shares = saliency.share_map(*questions.service.finished_guidance(fused_pair))
    assert first.shape == shares.share.shape
    assert f"At the pixel, share by guidance: {shares.share[PIXEL]:.1%}" in text_of(cards["shares"])
    assert "misses the change" in text_of(cards["attributions"])
    for check in saliency.trust_card(fused_pair.loaded.network, fused_pair.pair, PIXEL):
        assert check.meaning in text_of(cards["trust"])


@pytest.mark.parametrize(("display", "places"), [("magnitude", (0, 0.5, 1)), ("signed", (-1, 0, 1))])
def test_a_scales_ticks_stand_under_the_colours_of_their_values(display, places):
    state = QuestionState(pair="p", network="n", display=display, gamma1=0.3)
    content = base64.b64decode(detail_plots.scale_source(state).partition(",")[2])
    shades = np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)[0]
    ticks = [float(tick.replace("−", "-")) for tick in detail_plots.scale_ticks(2.0, state)]
    assert ticks == [2 * place for place in places]
    for place, at in zip(places, (0, len(shades) // 2, -1), strict=True):
        expected = colored(np.float32([[place]]), 1.0, 0.3, display, state.colormap)[0, 0, :3].astype(int)
        assert np.abs(shades[at] - expected).max() <= 4


@pytest.mark.parametrize("at", [(48, 3), (3, 72), (-1, 3), ("", 4), (1.5, 2)])
def test_a_bad_pixel_is_told_and_no_older_answer_stays(questions, at):
    *bodies, problem, is_over, shown = follow(questions, at, shown={"column": ["older"]}, token=f"bad {at}")
    assert bodies == [None] * len(page.CARDS)
    assert is_over
    assert shown is None
    assert "ixel" in text_of(problem)


def test_nothing_is_computed_for_details_that_are_folded(questions):
    *bodies, problem, is_over, _ = follow(questions, PIXEL, token="folded", is_open=False)
    assert (bodies, is_over) == ([None] * len(page.CARDS), True)
    assert problem is no_update


def test_an_unknown_input_is_refused(questions, fused_pair):
    with pytest.raises(InputError, match="first and second"):
        questions.ask("page", fused_pair, PIXEL, "third")


def test_the_address_reopens_what_is_shown(questions):
    default = page.default_state(questions.service)
    query = (
        "?pair=cases/wide&network=deepfuse&row=3&col=70&which=second&display=signed&window=21&gamma1=0.7&shares=sums"
        "&light=1&region=disk:3,70,2&details=1"
    )
    found = callbacks.restore(questions, default, query)
    assert found == (
        PAIR,
        NETWORK,
        "second",
        "signed",
        "viridis",
        "21",
        0.7,
        "sums",
        True,
        None,
        [3, 70],
        "disk:3,70,2",
        True,
    )
    _, problems = url_state.read("?which=third", default, PARSERS)
    assert problems == ("The address has which=third, which cannot be used; first is shown instead.",)


def test_opening_keeps_the_pixel_where_the_image_has_it(questions):
    opened = callbacks.open_view(questions, PAIR, NETWORK, None, [47, 71], None)
    assert (opened[0], opened[2]) == (VIEW, [47, 71])
    assert callbacks.open_view(questions, PAIR, NETWORK, None, [60, 60], None)[2] == [24, 36]
    assert opened[-3:] == ("Fused", *questions.service.catalogue.pair(PAIR).names)


def test_a_pair_that_cannot_be_read_is_told(questions):
    view, problem, *_ = callbacks.open_view(questions, "cases/zz-broken", NETWORK, None, None, None)
    assert view is None
    assert "zz-broken" in text_of(problem)


def test_words_for_a_nudge_say_where_the_line_holds(world):
    deltas = np.arange(-8, 9) / 16
    line, bent = 0.2 + 0.4 * deltas, 0.2 + 0.4 * deltas + 3 * np.maximum(deltas - 0.25, 0)

    def told(real):
        found = saliency.Nudge(0, PIXEL, PIXEL, deltas, np.ones(17, bool), real, line, 0.4)
        return pixel_cards.agreement(found)

    assert told(line) == (
        "The derivative tells the truth for every nudge tried, ±0.5: off by at most a tenth of the change."
    )
    assert "up to ±0.25 (tinted)" in told(bent)
    # What this method holds fixed for its derivative moves when it is fused anew.
    held = saliency.nudge(fusion.load("Weighted Averaging (frozen weights)"), world.pairs[PAIR], PIXEL, 0)
    assert pixel_cards.agreement(held).startswith("Already at the smallest nudge")
    elsewhere = saliency.nudge(fusion.load("Weighted Averaging"), world.pairs[PAIR], PIXEL, 0, (0, 0))
    assert "does not depend" in pixel_cards.agreement(elsewhere)


# ---- the share map


@pytest.mark.parametrize(
    ("strengths", "told"),
    [
        (share_card.of_guidance(Snapshot(None, 3, 81)), "3 of 81 passes"),
        (share_card.of_guidance(Snapshot(None, 0, 0, "No memory.")), "No memory."),
        (share_card.of_sums(JobState()), "waiting for the first"),
        (
            share_card.of_sums(JobState(all_pixel_sums.AllPixelSums(100, 300, seconds=90))),
            "100 of 300 pixels, about 3 minutes left.",
        ),
        (share_card.of_sums(JobState(is_over=True, failure="Too long.")), "Too long."),
    ],
)
def test_what_a_share_map_waits_for_is_told(world, strengths, told):
    card = share_card.body(strengths, world.pairs[PAIR], QuestionState(row=1, col=1))
    assert text_of(card).strip().endswith(told) or told in text_of(card)
    assert strengths.is_over is bool(strengths.failure)


@pytest.mark.slow
def test_sums_of_the_whole_image_are_saliencys(questions, fused_pair, world):
    network, pair = world.networks[NETWORK], world.pairs[PAIR]
    (answer,) = finished(lambda: [questions.ask_sums("sums", fused_pair)])
    rows = saliency.region_rows(network, pair, np.ones(pair.shape, dtype=bool))
    for mine, exact in zip(answer.value.images, rows.totals, strict=True):
        np.testing.assert_allclose(mine, exact, rtol=1e-4)
    J = saliency.influence(saliency.jacobian(network, pair, PIXEL))
    state = QuestionState(row=PIXEL[0], col=PIXEL[1], shares="sums")
    card = text_of(share_card.body(share_card.of_sums(answer), pair, state))
    assert f"At the pixel, share by all-pixel sums: {J.share_first:.1%}" in card


def test_the_map_follows_the_choice_and_gives_the_other_up(questions, fused_pair):
    def shown(shares):
        strengths = callbacks._strengths(questions, "turning", fused_pair, QuestionState(shares=shares))
        return strengths.is_over and strengths.images

    until(lambda: shown("sums"))
    until(lambda: shown("guidance"))  # in one go: asking for sums again would give guidance up
    found = shown("guidance")
    np.testing.assert_array_equal(found, questions.service.finished_guidance(fused_pair))
    assert open_jobs(questions.jobs, SUMS) == 0


def test_sums_that_take_too_long_are_told_instead(monkeypatch):
    pair = fusion.phantom(1, size=64)
    monkeypatch.setattr(all_pixel_sums, "TRIED", 0)
    monkeypatch.setattr(all_pixel_sums, "LONGEST", 1e-9)
    with pytest.raises(InputError, match=r"^The sums of this image would take .* on this computer\. Guidance"):
        list(all_pixel_sums.all_pixel_sums_stream(fusion.load("DeepFuse"), pair))
    blurred = fusion.load("Weighted Averaging")
    remember(blurred, Locality(0, is_local=False, reason="It depends on the whole image."))
    with pytest.raises(InputError, match=r"^It depends on the whole image\. .* 4,096 pixels\. Guidance"):
        list(all_pixel_sums.all_pixel_sums_stream(blurred, pair))


def test_the_row_is_shown_while_the_column_is_computed(answers, world):
    pair, found = world.pairs[PAIR], answers["column"].value
    alone = pixel_cards.crossing(
        JobState(Crossing(found.row), 1), pair, QuestionState(row=20, col=31), "It is global."
    )
    assert "It is global. The whole image" in text_of(alone)
    both = pixel_cards.crossing(answers["column"], pair, QuestionState(row=20, col=31))
    assert "Computing" not in text_of(both)

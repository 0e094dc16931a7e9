"""Estimated guidance in a browser: how far off it is stands on every picture; the reader allows more or less."""

from urllib.parse import parse_qsl, urlsplit

import numpy as np

from dashboard.server.messages import packed
from tests.support.explore_checks import START, until

SHAPE = (48, 72)
SENTENCE = "Guidance ± 0.021 (3.0 % of its largest value), estimated: the largest error at 20 pixels."


def test_its_error_is_told_and_another_can_be_allowed(alone):
    images = {"first": np.full(SHAPE, 0.7, np.float32), "second": np.full(SHAPE, -0.2, np.float32)}
    asked = []

    def answer(route):
        percent = dict(parse_qsl(urlsplit(route.request.url).query))["percent"]
        asked.append(percent)
        error = {"largest": 0.021, "pixels": 20} if percent != "0" else None
        done = 44 if error else 5  # exact guidance goes on and on
        about = {"done": done, "passes": done, "total": 44, "failure": "", "step": 1, "again": 0.1}
        about |= {"part": done / 44, "left": None, "hold": None}
        return route.fulfill(
            body=packed(
                {**about, "error": error, "largest": 0.7 if error else None, "is_whole": True, "reason": ""},
                images,
            )
        )

    alone.page.route("**/explore/guidance?*", answer)
    alone.open(**START)
    status = alone.page.locator("#status")
    until(alone, lambda: status.inner_text() == SENTENCE)
    caption = alone.page.locator('[data-image="guidance1"][data-zoom="0"] .caption span')
    before = "(each) => getComputedStyle(each, '::before').content"
    assert caption.evaluate(before) == '"± 0.021 · "'
    dashed = "(each) => getComputedStyle(each).outlineStyle"
    assert alone.plot("guidance2").evaluate(dashed) == "dashed"
    asked_before = len(asked)
    assert set(asked) == {"10"}
    alone.page.get_by_label("Error of guidance").select_option("exact")
    until(alone, lambda: asked[asked_before:].count("0") > 2)
    assert status.inner_text() == "Guidance is sharpening: 11 %"
    assert caption.evaluate(before) == '"sharpening · "'
    alone.page.get_by_label("Error of guidance").select_option("± 3 %")
    until(alone, lambda: status.inner_text() == SENTENCE)
    assert asked[-1] == "3"
    assert not alone.page.locator("#scatter .main-svg").is_visible()  # figures are of exact values alone
    assert alone.console == []

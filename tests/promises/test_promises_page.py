"""The page of the promises is what the tests here make of it."""

import json

from tests.promises.__main__ import FIGURES, PAGE, held_by, page
from tests.promises.table import PROMISES


def test_the_page_is_up_to_date():
    assert page(held_by(), json.loads(FIGURES.read_text("utf-8"))) == PAGE.read_text("utf-8"), (
        "Write it anew: python -m tests.promises"
    )


def test_each_promise_has_a_test():
    assert len(PROMISES) == 30
    assert set(held_by()) == set(range(1, 31))

"""Questions in the background: each answered once, in turn, given up when nobody asks, none in another's way."""

import threading
import time

import pytest

from dashboard.jobs.queue import SLICE, Desk
from fusion import InputError


class Counting:
    """A question of ``total`` parts that counts those given and can be held up."""

    def __init__(self, total=5, *, held=False, fails=None):
        self.total, self.fails, self.given = total, fails, 0
        self.gate = threading.Event()
        if not held:
            self.gate.set()

    def __call__(self):
        for part in range(1, self.total + 1):
            assert self.gate.wait(30)
            self.given += 1
            yield part
        if self.fails:
            raise self.fails


def desk_of(begun):
    return Desk("tested", lambda: None, lambda value: value, kept_bytes=10, begun=begun)


@pytest.fixture
def desk():
    made = desk_of(begun=2)
    yield made
    made.close()


def until(is_so, seconds=20):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def is_over(desk, page, **questions):
    return all(each.is_over for each in desk.ask(page, questions).values())


def test_answers_are_finished_and_kept_for_whoever_asks_next(desk):
    question = Counting()
    until(lambda: is_over(desk, "one", a=question))
    desk.ask("one", {})
    found = desk.ask("two", {"a": Counting(fails=ValueError("asked again"))})["a"]
    assert (found.value, found.parts, found.failure) == (5, 5, "")
    assert question.given == 5
    assert desk.finished("a") is found
    assert desk.finished("b") is None


def test_what_is_kept_keeps_within_its_memory(desk):
    for key, total in (("a", 6), ("b", 7)):  # a value is its own weight, and 10 is the limit
        until(lambda key=key, total=total: is_over(desk, "one", **{key: Counting(total)}))
    desk.ask("one", {})
    assert desk.finished("a") is None
    assert desk.finished("b").value == 7


def test_a_failure_is_a_sentence_and_the_others_go_on(desk):
    asked = {
        "told": Counting(1, fails=InputError("It cannot be.")),
        "odd": Counting(2, fails=RuntimeError("no weights")),
        "good": Counting(3),
    }
    until(lambda: is_over(desk, "one", **asked))
    found = [(each.value, each.failure) for each in desk.ask("one", asked).values()]
    assert found == [(1, "It cannot be."), (2, "It could not be computed: no weights"), (3, "")]


def test_a_failure_is_tried_again_when_a_page_comes_back_to_it(desk):
    until(lambda: is_over(desk, "one", a=Counting(fails=ValueError("once"))))
    assert desk.ask("one", {"a": Counting()})["a"].failure
    desk.ask("one", {})
    until(lambda: not desk.ask("one", {"a": Counting()})["a"].failure and is_over(desk, "one", a=Counting()))


def test_turning_to_another_question_gives_the_first_up(desk):
    first = Counting(10**9)
    desk.ask("one", {"a": first})
    until(lambda: first.given > 0)
    until(lambda: is_over(desk, "one", b=Counting()))
    given = first.given
    time.sleep(1.5 * SLICE)
    assert first.given == given
    assert desk.open_jobs() == 0


def test_what_another_page_still_wants_goes_on(desk):
    shared = Counting(3, held=True)
    desk.ask("one", {"a": shared})
    desk.ask("two", {"a": shared})
    desk.ask("one", {})
    shared.gate.set()
    until(lambda: is_over(desk, "two", a=shared))
    assert shared.given == 3


def test_pages_are_served_in_turn(desk):
    slow, quick = Counting(10**9), Counting(3)
    desk.ask("one", {"slow": slow})
    until(lambda: slow.given > 0)
    until(lambda: is_over(desk, "two", quick=quick))
    before = slow.given
    until(lambda: slow.given > before)
    desk.ask("one", {})


@pytest.mark.parametrize(("begun", "reached"), [(1, 1), (2, 2)])
def test_no_more_are_begun_than_memory_is_meant_for(begun, reached):
    desk = desk_of(begun)
    asked = [Counting(10**9) for _ in range(3)]
    for number, each in enumerate(asked):
        desk.ask(str(number), {number: each})
    until(lambda: sum(each.given > 0 for each in asked) == reached)
    time.sleep(3 * SLICE)
    assert sum(each.given > 0 for each in asked) == reached
    for number in range(3):
        desk.ask(str(number), {})
    desk.close()

"""Questions in the background: each answered once, in turn, given up when nobody asks, none in another's way."""

import threading
import time

import pytest

from dashboard.jobs.queue import SLICE, JobQueue
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
    return JobQueue("tested", lambda: None, lambda value: value, kept_bytes=10, begun=begun)


@pytest.fixture
def queue():
    made = desk_of(begun=2)
    yield made
    made.close()


def until(is_so, seconds=20):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def is_over(queue, page, **questions):
    return all(each.is_over for each in queue.ask(page, questions).values())


def test_answers_are_finished_and_kept_for_whoever_asks_next(queue):
    question = Counting()
    until(lambda: is_over(queue, "one", a=question))
    queue.ask("one", {})
    found = queue.ask("two", {"a": Counting(fails=ValueError("asked again"))})["a"]
    assert (found.value, found.parts, found.failure) == (5, 5, "")
    assert question.given == 5
    assert queue.finished("a") is found
    assert queue.finished("b") is None


def test_what_is_kept_keeps_within_its_memory(queue):
    for key, total in (("a", 6), ("b", 7)):  # a value is its own weight, and 10 is the limit
        until(lambda key=key, total=total: is_over(queue, "one", **{key: Counting(total)}))
    queue.ask("one", {})
    assert queue.finished("a") is None
    assert queue.finished("b").value == 7


def test_a_failure_is_a_sentence_and_the_others_go_on(queue):
    asked = {
        "told": Counting(1, fails=InputError("It cannot be.")),
        "odd": Counting(2, fails=RuntimeError("no weights")),
        "good": Counting(3),
    }
    until(lambda: is_over(queue, "one", **asked))
    found = [(each.value, each.failure) for each in queue.ask("one", asked).values()]
    assert found == [(1, "It cannot be."), (2, "It could not be computed: no weights"), (3, "")]


def test_a_failure_is_tried_again_when_a_page_comes_back_to_it(queue):
    until(lambda: is_over(queue, "one", a=Counting(fails=ValueError("once"))))
    assert queue.ask("one", {"a": Counting()})["a"].failure
    queue.ask("one", {})
    until(lambda: not queue.ask("one", {"a": Counting()})["a"].failure and is_over(queue, "one", a=Counting()))


def test_turning_to_another_question_gives_the_first_up(queue):
    first = Counting(10**9)
    queue.ask("one", {"a": first})
    until(lambda: first.given > 0)
    until(lambda: is_over(queue, "one", b=Counting()))
    given = first.given
    time.sleep(1.5 * SLICE)
    assert first.given == given
    assert queue.open_jobs() == 0


def test_what_another_page_still_wants_goes_on(queue):
    shared = Counting(3, held=True)
    queue.ask("one", {"a": shared})
    queue.ask("two", {"a": shared})
    queue.ask("one", {})
    shared.gate.set()
    until(lambda: is_over(queue, "two", a=shared))
    assert shared.given == 3


def test_pages_are_served_in_turn(queue):
    slow, quick = Counting(10**9), Counting(3)
    queue.ask("one", {"slow": slow})
    until(lambda: slow.given > 0)
    until(lambda: is_over(queue, "two", quick=quick))
    before = slow.given
    until(lambda: slow.given > before)
    queue.ask("one", {})


@pytest.mark.parametrize(("begun", "reached"), [(1, 1), (2, 2)])
def test_no_more_are_begun_than_memory_is_meant_for(begun, reached):
    queue = desk_of(begun)
    asked = [Counting(10**9) for _ in range(3)]
    for number, each in enumerate(asked):
        queue.ask(str(number), {number: each})
    until(lambda: sum(each.given > 0 for each in asked) == reached)
    time.sleep(3 * SLICE)
    assert sum(each.given > 0 for each in asked) == reached
    for number in range(3):
        queue.ask(str(number), {})
    queue.close()

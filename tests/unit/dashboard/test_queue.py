"""Questions in the background: each answered once, in turn, given up when nobody asks, none in another's way."""

import threading
import time

import pytest

from dashboard.cache.lru import LRUCache
from dashboard.jobs import queue as job_queue
from dashboard.jobs.job import SEEN_WITHIN, SLICE, JobKind, JobState, Task
from dashboard.jobs.queue import JobQueue
from fusion import InputError
from tests.support.open_jobs import open_jobs
from tests.support.waiting import PATIENCE, until


class Counting:
    """A question of ``total`` parts that counts those given and can be held up."""

    def __init__(self, total=5, *, held=False, fails=None):
        self.total, self.fails, self.given = total, fails, 0
        self.gate = threading.Event()
        if not held:
            self.gate.set()

    def __call__(self):
        for part in range(1, self.total + 1):
            assert self.gate.wait(PATIENCE)
            self.given += 1
            yield part
        if self.fails:
            raise self.fails


class Asked:
    """A queue asked about jobs of one kind."""

    def __init__(self, **words):
        self.jobs = JobQueue()
        self.kind = JobKind("tested", **{"weigh": lambda value: value, "kept_bytes": 10, "begun": 2, **words})

    def ask(self, page, questions):
        return self.jobs.ask(self.kind, page, {key: Task(start) for key, start in questions.items()})

    def finished(self, key):
        return self.jobs.finished(self.kind, key)


@pytest.fixture
def queue():
    made = Asked()
    yield made
    made.jobs.close()


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


class Dropping(LRUCache):
    """A cache from which another thread drops the first value that was seen there."""

    has_dropped = False

    def __contains__(self, key):
        found = super().__contains__(key)
        if found and not self.has_dropped:
            self.has_dropped = True
            del self._values[key]
        return found


def test_an_answer_that_is_dropped_while_it_is_looked_up_is_computed_again(queue):
    until(lambda: is_over(queue, "one", a=Counting()))
    queue.ask("one", {})
    queue.jobs._finished["tested"] = dropping = Dropping(9)
    dropping.get("a", lambda: JobState(5, 5, is_over=True))
    queue.finished("a")
    again = Counting(3)
    until(lambda: is_over(queue, "two", a=again))
    assert queue.ask("two", {"a": again})["a"].value in (3, 5)


def test_what_comes_from_the_store_is_answered_though_memory_has_no_room_for_it():
    queue = Asked(kept=1, load={"a": 1, "b": 2}.get, save=lambda key, value: None)
    found = queue.ask("one", {"a": Counting(), "b": Counting()})
    assert {key: (each.value, each.is_over) for key, each in found.items()} == {"a": (1, True), "b": (2, True)}
    assert not queue.jobs._workers, "nothing is left to do"
    queue.jobs.close()


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


def breaks_in_its_worker(queue, monkeypatch, step, times):
    """Let a step of this queue alone fail so many times where its worker takes it; when it failed."""
    monkeypatch.setattr(job_queue, "PAUSE", 0.05)
    sound, failed = getattr(JobQueue, step), []

    def breaks(self, *words):
        if self is queue.jobs and threading.current_thread().name == "jobs" and len(failed) < times:
            failed.append(time.monotonic())
            raise RuntimeError("a mistake")
        return sound(self, *words)

    monkeypatch.setattr(JobQueue, step, breaks)
    return failed


@pytest.mark.parametrize("step", ["_forget", "_can_go_on", "_free_others", "_take", "_keep"])
def test_a_mistake_of_the_queue_is_told_and_its_worker_goes_on(queue, monkeypatch, caplog, step):
    assert breaks_in_its_worker(queue, monkeypatch, step, times=1) == []
    question, other = Counting(), Counting()
    until(lambda: is_over(queue, "one", a=question))
    found = queue.ask("one", {"a": question})["a"]
    # An answer that could not be kept for others is there for who asked.
    assert found.failure == ("" if step == "_keep" else "It could not be computed: a mistake")
    until(lambda: "RuntimeError: a mistake" in caplog.text)  # told after the answer is there
    until(lambda: is_over(queue, "one", b=other))
    assert not queue.ask("one", {"b": other})["b"].failure


def test_a_mistake_that_stays_keeps_no_core_busy(queue, monkeypatch):
    failed = breaks_in_its_worker(queue, monkeypatch, "_forget", times=10**9)
    queue.ask("one", {"a": Counting()})
    until(lambda: len(failed) >= 5)
    assert failed[4] - failed[0] >= 4 * 0.05


def test_turning_to_another_question_gives_the_first_up(queue):
    first = Counting(10**9)
    queue.ask("one", {"a": first})
    until(lambda: first.given > 0)
    until(lambda: is_over(queue, "one", b=Counting()))
    given = first.given
    time.sleep(1.5 * SLICE)
    assert first.given == given
    assert open_jobs(queue.jobs, queue.kind) == 0


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


@pytest.mark.parametrize("words", [{}, {"is_whole": True}, {"save": lambda key, value: None}])
def test_what_is_given_up_amid_its_last_part_answers_whoever_asked_again(words):
    queue = Asked(is_complete=lambda part: part == 1, **words)
    first, again = Counting(1, held=True), Counting(1)
    queue.ask("one", {"a": first})
    until(lambda: queue.jobs._jobs["tested", "a"].stream)
    queue.ask("one", {})
    queue.ask("two", {"a": again})
    first.gate.set()
    until(lambda: is_over(queue, "two", a=again))
    queue.jobs.close()
    assert (first.given, again.given) == (1, 0)


@pytest.mark.parametrize(("begun", "reached"), [(1, 1), (2, 2)])
def test_no_more_are_begun_than_memory_is_meant_for(begun, reached):
    queue = Asked(begun=begun)
    asked = [Counting(10**9) for _ in range(3)]
    for number, each in enumerate(asked):
        queue.ask(str(number), {number: each})
    until(lambda: sum(each.given > 0 for each in asked) == reached)
    time.sleep(3 * SLICE)
    assert sum(each.given > 0 for each in asked) == reached
    for number in range(3):
        queue.ask(str(number), {})
    queue.jobs.close()


def run(jobs, kind, asked):
    """Ask as pages do until everything is over."""
    until(lambda: all(each.is_over for page, tasks in asked for each in jobs.ask(kind, page, tasks).values()))


class Logging:
    """A task whose parts are noted in a common list."""

    def __init__(self, log, name, total, seconds=0.0):
        self.log, self.name, self.total, self.seconds = log, name, total, seconds

    def __call__(self):
        for part in range(1, self.total + 1):
            time.sleep(self.seconds)
            self.log.append((self.name, part))
            yield part, self.total


def kind_of(name, **words):
    """A kind whose values say how far they are, worked on a part at a time."""
    return JobKind(name, slice_seconds=0, progress=lambda value: value, begun=9, **words)


def held_queue():
    """A queue whose worker is busy until its gate is opened."""
    jobs, gate = JobQueue(), threading.Event()
    begun = threading.Event()

    def hold():
        begun.set()
        assert gate.wait(PATIENCE)
        yield 1

    jobs.ask(JobKind("held"), "holder", {"held": Task(hold)})
    assert begun.wait(PATIENCE)
    return jobs, gate


def test_across_kinds_first_pictures_come_first_then_what_is_finished_soonest():
    jobs, gate = held_queue()
    log = []
    long, short = kind_of("long"), kind_of("short")
    jobs.ask(long, "one", {"long": Task(Logging(log, "long", 10**6, 0.01))})
    jobs.ask(short, "two", {"short": Task(Logging(log, "short", 3, 0.01))})
    gate.set()
    until(lambda: open_jobs(jobs, short) == 0)
    jobs.leave(long, "one")
    jobs.close()
    assert log[:2] == [("short", 1), ("long", 1)], "the newest question's first picture first"
    assert log[2:4] == [("short", 2), ("short", 3)]


def test_what_only_hidden_pages_ask_for_waits_for_what_is_seen():
    jobs, gate = held_queue()
    log = []
    kind = kind_of("tested")
    jobs.ask(kind, "hidden", {"quick": Task(Logging(log, "quick", 2))})
    jobs._watchers._watchers["tested", "hidden"].asked -= SEEN_WITHIN + 1  # a minute ago, as a hidden page
    jobs.ask(kind, "seen", {"slow": Task(Logging(log, "slow", 4, 0.01))})
    gate.set()
    until(lambda: open_jobs(jobs, kind) == 0)
    jobs.close()
    assert [name for name, _ in log] == ["slow"] * 4 + ["quick"] * 2


def test_what_a_page_asks_together_is_answered_in_its_order():
    jobs, gate = held_queue()
    log = []
    kind = kind_of("tested")
    jobs.ask(kind, "page", {"long": Task(Logging(log, "long", 3, 0.02)), "short": Task(Logging(log, "short", 1))})
    gate.set()
    until(lambda: open_jobs(jobs, kind) == 0)
    jobs.close()
    assert [name for name, _ in log] == ["long"] * 3 + ["short"]


def test_of_indivisible_jobs_the_kind_that_takes_shortest_comes_first():
    jobs, log = JobQueue(), []
    long, short = (JobKind(name, is_whole=True) for name in ("long", "short"))
    for kind, seconds in ((long, 0.5), (short, 0.01)):  # once, so that it is known
        jobs.ask(kind, "", {"before": Task(lambda seconds=seconds: iter([time.sleep(seconds)]))})
    until(lambda: open_jobs(jobs, long) == open_jobs(jobs, short) == 0)
    gate = threading.Event()
    jobs.ask(JobKind("held", is_whole=True), "", {"held": Task(lambda: iter([gate.wait(PATIENCE)]))})
    for kind in (long, short):
        jobs.ask(kind, "", {"now": Task(lambda kind=kind: iter([log.append(kind.name)]))})
    gate.set()
    until(lambda: len(log) == 2)
    jobs.close()
    assert log == ["short", "long"]


def test_one_worker_serves_every_kind_of_what_comes_in_parts():
    jobs = JobQueue()
    kinds = [kind_of(f"kind {number}") for number in range(5)]
    for kind in kinds:
        jobs.ask(kind, "page", {"key": Task(Logging([], "", 3, 0.01))})
    assert len(jobs._workers) == 1
    until(lambda: not any(open_jobs(jobs, kind) for kind in kinds))
    jobs.close()


def test_equal_keys_of_two_kinds_are_two_jobs():
    jobs = JobQueue()
    one, other = JobKind("one"), JobKind("other")
    run(jobs, one, [("page", {"key": Task(lambda: iter("a"))})])
    run(jobs, other, [("page", {"key": Task(lambda: iter("b"))})])
    assert (jobs.finished(one, "key").value, jobs.finished(other, "key").value) == ("a", "b")
    jobs.close()


def test_what_cannot_be_stored_is_there_all_the_same(caplog):
    def full(key, value):
        raise OSError(28, "No space left on device")

    jobs = JobQueue()
    kind = JobKind("tested", load=lambda key: None, save=full)
    run(jobs, kind, [("page", {"key": Task(lambda: iter("a"))})])
    assert jobs.finished(kind, "key").value == "a"
    assert "A finished tested could not be stored." in caplog.text
    run(jobs, kind, [("page", {"other": Task(lambda: iter("b"))})])  # the worker lives on
    jobs.close()

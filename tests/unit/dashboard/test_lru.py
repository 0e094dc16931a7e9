"""The small cache: made once, bounded, failures forgotten."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

import pytest

from dashboard.cache.lru import LRUCache
from tests.support.waiting import PATIENCE


def together(count, work):
    """Run ``work(number)`` in ``count`` threads that start at the same moment; their results in order."""
    barrier = Barrier(count)

    def start(number):
        barrier.wait(timeout=PATIENCE)
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


def test_sixteen_threads_make_a_value_once():
    cache, made = LRUCache(4), []

    def make():
        made.append(1)
        time.sleep(0.02)  # long enough for all of them to be here
        return object()

    results = together(16, lambda _: cache.get("key", make))
    assert len(made) == 1
    assert len(set(map(id, results))) == 1


@pytest.fixture
def hasty_threads():
    """Switch threads as often as possible, so that a gap between two steps is met."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_threads")
def test_no_gap_between_made_and_kept():
    for _ in range(150):
        cache, made = LRUCache(4), []
        together(6, lambda _, c=cache, m=made: c.get("key", lambda: m.append(1)))
        assert len(made) == 1


def test_another_key_is_not_held_up():
    cache, may_end, begun = LRUCache(4), Event(), Event()

    def slow():
        begun.set()
        assert may_end.wait(timeout=PATIENCE)
        return "slow"

    thread = Thread(target=cache.get, args=("slow", slow))
    thread.start()
    assert begun.wait(timeout=PATIENCE)
    assert cache.get("quick", lambda: "quick") == "quick"
    may_end.set()
    thread.join(timeout=PATIENCE)
    assert cache.get("slow", lambda: "again") == "slow"


def test_what_was_not_asked_for_longest_is_forgotten():
    cache = LRUCache(2)
    cache.get("a", lambda: 1)
    cache.get("b", lambda: 2)
    cache.get("a", lambda: "kept, not made")
    cache.get("c", lambda: 3)
    assert cache.get("a", lambda: "made again") == 1
    assert cache.get("b", lambda: "made again") == "made again"


def test_peeking_makes_nothing_and_counts_as_asking():
    cache = LRUCache(2)
    cache.get("a", lambda: 1)
    cache.get("b", lambda: 2)
    assert cache.peek("a") == 1
    assert cache.peek("c") is None
    cache.get("c", lambda: 3)
    assert (cache.peek("a"), cache.peek("b"), cache.peek("c")) == (1, None, 3)


def test_none_is_a_value_like_any_other():
    cache = LRUCache(2)
    assert cache.get("nothing", lambda: None) is None
    assert cache.get("nothing", lambda: "made again") is None


def test_a_failure_is_told_to_each_and_not_kept():
    cache = LRUCache(2)

    def fail():
        time.sleep(0.005)
        raise ValueError("not now")

    def ask(_):
        with pytest.raises(ValueError, match="not now"):
            cache.get("key", fail)
        return True

    assert together(8, ask) == [True] * 8
    assert cache.get("key", lambda: "now") == "now"


def test_bytes_are_bounded_too_but_the_latest_is_kept():
    cache = LRUCache(10, weigh=len, budget=10)
    for key in ("aaaa", "bbbb", "cccc"):
        cache.get(key, lambda key=key: key)
    assert "aaaa" not in cache
    assert "bbbb" in cache
    cache.get("long", lambda: "d" * 50)
    assert "long" in cache
    assert "cccc" not in cache


def test_bytes_too_are_taken_from_what_was_not_asked_for_longest():
    """Each value that was kept counted all the others as asked for just then, in the order they had come in."""
    cache = LRUCache(10, weigh=len, budget=12)
    for key in ("aaaa", "bbbb", "cccc"):
        cache.get(key, lambda key=key: key)
    assert cache.peek("aaaa")
    cache.get("dddd", lambda: "dddd")
    assert "aaaa" in cache
    assert "bbbb" not in cache


def test_as_many_values_are_kept_as_there_may_be_however_light():
    cache = LRUCache(2, weigh=len, budget=100)
    for key in "abc":
        cache.get(key, lambda: "")
    assert [key for key in "abc" if key in cache] == ["b", "c"]


def test_a_value_that_has_grown_is_weighed_again():
    cache = LRUCache(10, weigh=len, budget=5)
    grown = cache.get("grown", list)
    cache.get("other", lambda: [1, 2])
    grown += [1, 2, 3, 4]
    cache.reweigh("grown")
    assert "grown" in cache
    assert "other" not in cache
    cache.reweigh("other")  # which is gone already
    assert "other" not in cache

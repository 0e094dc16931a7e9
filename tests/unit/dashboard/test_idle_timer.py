"""What is kept for the next question goes once nobody asks any more."""

import gc
import weakref
from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest

from dashboard.service import idle_timer
from dashboard.service.idle_timer import IdleTimer
from tests.support.waiting import until

PAIR, NETWORK = "cases/wide", "DeepFuse"


def test_it_waits_from_the_last_restart_on_and_calls_once(monkeypatch):
    now, calls = [1000.0], []
    monkeypatch.setattr(idle_timer, "time", SimpleNamespace(monotonic=lambda: now[0]))
    timer = IdleTimer(lambda: calls.append(now[0]), seconds=3600)
    timer.restart()
    waiting = timer._timer
    now[0] += 3000
    timer.restart()
    assert timer._timer is waiting  # one thread, however often it is restarted
    now[0] += 3000
    waiting.cancel()
    timer._look()
    assert calls == []
    timer._timer.cancel()
    now[0] += 601
    timer._look()
    assert calls == [now[0]]
    assert timer._timer is None


def test_it_can_be_restarted_after_it_was_idle():
    is_idle = Event()
    timer = IdleTimer(is_idle.set, seconds=0.01)
    for _ in range(2):
        is_idle.clear()
        timer.restart()
        until(is_idle.is_set)


@pytest.mark.slow
def test_a_service_at_rest_holds_no_view_and_answers_as_before(fresh_service):
    service = fresh_service
    view = service.open_pair(PAIR, NETWORK)
    jacobian = service.answer(view, (20, 30)).jacobian
    inside = until(lambda: service.inner_views(PAIR, NETWORK))
    held = [weakref.ref(each) for each in (view, view.pair, jacobian, inside)]
    expected = jacobian.first.copy()
    del view, jacobian, inside
    gc.collect()
    assert all(each() is not None for each in held)
    service.rest()
    gc.collect()
    assert [each() for each in held] == [None] * 4
    again = service.answer(service.open_pair(PAIR, NETWORK), (20, 30)).jacobian
    assert np.array_equal(again.first, expected)


def test_who_opens_a_view_keeps_it_until_nobody_asks(fresh_service):
    service = fresh_service
    service.open_pair(PAIR, NETWORK)
    assert service.is_open(PAIR, NETWORK)  # a minute is long
    service._idle = IdleTimer(service.rest, seconds=0.01)
    service.open_pair(PAIR, NETWORK)
    until(lambda: not service.is_open(PAIR, NETWORK))

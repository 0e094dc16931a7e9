"""The gate for whole images' graphs: what fits goes on, what does not waits or is told so; crops pass by."""

from contextlib import ExitStack
from dataclasses import replace
from threading import Event, Thread

import numpy as np
import pytest
import torch

from dashboard.pages.verdict.state import Questions
from dashboard.service import computed_answers, memory_gate, saliency_service
from dashboard.service.fused_pair import FusedPair
from dashboard.service.memory_gate import MemoryGate
from dashboard.service.network_pool import LoadedNetwork
from fusion import InputError
from saliency.network.graph_memory import graph_bytes
from tests.support.networks import Lambda, frozen, random_pair
from tests.support.waiting import PATIENCE, until

GIB = 2**30


def through(function, shape=(40, 42)):
    pair = random_pair(shape)
    return FusedPair(pair, LoadedNetwork("Mine", frozen(Lambda(function)), ""), np.zeros(shape, np.float32))


@pytest.fixture
def whole(monkeypatch):
    """A pair through a network that sees the whole image, said to take 1 GiB."""
    monkeypatch.setattr(memory_gate, "graph_bytes", lambda network, shape: GIB)
    return through(lambda x, y: x - x.mean((2, 3), True) + y)


def test_what_does_not_fit_is_refused_with_both_numbers(whole):
    gate = MemoryGate(lambda: GIB // 2)
    with pytest.raises(InputError) as refused, gate.admitted(whole, patience=PATIENCE):
        pass
    assert str(refused.value) == (
        "Mine looks at the whole image and needs 1.0 GB for this pair, 0.5 are free."
    ).replace("0.5", f"{0.9 / 2:.1f}")


def test_a_second_one_waits_until_the_first_is_over(whole):
    gate, order = MemoryGate(lambda: int(1.5 * GIB)), []
    with ExitStack() as first:
        first.enter_context(gate.admitted(whole))

        def second():
            with gate.admitted(whole, patience=PATIENCE):
                order.append("second")

        thread = Thread(target=second)
        thread.start()
        with pytest.raises(InputError, match="another view of the whole image is being computed"):
            gate._take(GIB, "Mine", patience=0.0)
        order.append("first")
    thread.join(PATIENCE)
    assert order == ["first", "second"]


def test_what_was_held_is_free_after_a_failure_and_after_a_stream_is_given_up(whole):
    gate = MemoryGate(lambda: int(1.5 * GIB))
    with pytest.raises(ZeroDivisionError), gate.admitted(whole):
        raise ZeroDivisionError
    stream = gate.stream(lambda: iter((1, 2)), whole, lambda: True)()
    assert next(stream) == 1
    with pytest.raises(InputError), gate.admitted(whole):
        pass
    stream.close()
    assert list(gate.stream(lambda: iter((1, 2)), whole, lambda: True)()) == [1, 2]
    with pytest.raises(InputError):
        next(gate.stream(lambda: iter((1, 2)), whole, lambda: True, times=2.0)())


def test_crops_small_graphs_and_unknown_memory_pass_by(whole, monkeypatch):
    local = through(lambda x, y: (x + y) / 2)
    with MemoryGate(lambda: 0).admitted(local), MemoryGate(lambda: None).admitted(whole):
        pass
    monkeypatch.setattr(memory_gate, "graph_bytes", graph_bytes)
    with MemoryGate(lambda: 0).admitted(whole):  # some hundred kilobytes
        pass


@pytest.fixture
def crowded(service, monkeypatch):
    """A pair through a network that sees the whole image, in a service that has no memory for it."""
    name = "Weighted Averaging"
    seen = through(lambda x, y: x - x.mean((2, 3), True) + y, service.open_pair(PAIR, name).pair.shape)
    whole = replace(service.open_pair(PAIR, name), loaded=seen.loaded)
    monkeypatch.setattr(memory_gate, "graph_bytes", lambda network, shape: GIB)
    monkeypatch.setattr(service.gate, "_available", lambda: GIB // 2)
    monkeypatch.setattr(computed_answers, "PATIENCE", 0.0)
    return whole


PAIR = "cases/square"


def test_pointer_guidance_and_questions_are_refused_in_a_sentence(service, crowded):
    with pytest.raises(InputError, match=r"needs 1\.0 GB"):
        service.answer(crowded, (3, 4))
    service.guidance(crowded)
    until(lambda: "needs 1.0 GB for this pair, " in service.guidance(crowded).failure)
    questions = Questions(service)

    def failures():
        return [state.failure for state in questions.ask("page", crowded, (3, 4), "first").values()]

    until(lambda: all("looks at the whole image" in each for each in failures()))
    assert any("needs 2.5 GB" in each for each in failures())
    until(lambda: "needs 1.0 GB" in questions.ask_sums("page", crowded).failure)


def test_inner_views_are_refused_in_a_sentence(service, monkeypatch):
    monkeypatch.setattr(saliency_service, "graph_bytes", lambda network, shape: 20 * GIB)
    monkeypatch.setattr(service.gate, "_available", lambda: GIB // 2)
    found = until(lambda: service.inner_views(PAIR, "DeepFuse"))
    assert "needs 2.0 GB for this pair for its inner views" in found.failure


def test_others_are_answered_meanwhile(service, crowded, monkeypatch):
    """A network that is cropped neither waits nor is refused where there is no memory for another."""
    begun, go_on = Event(), Event()
    monkeypatch.setattr(service.gate, "_available", lambda: int(1.5 * GIB))

    def slow(first, second):
        begun.set()
        assert go_on.wait(PATIENCE)
        return first - first.mean((2, 3), True) + second

    seen = through(lambda x, y: x - x.mean((2, 3), True) + y)
    seen.loaded.network.function = lambda x, y: x - x.mean((2, 3), True) + y
    assert seen.is_whole  # measured before it becomes slow
    seen.loaded.network.function = slow
    thread = Thread(target=lambda: service.answer(seen, (3, 4)))
    thread.start()
    try:
        assert begun.wait(PATIENCE)
        with torch.no_grad():
            service.answer(service.open_pair(PAIR, "Weighted Averaging"), (3, 4))
    finally:
        go_on.set()
        thread.join(PATIENCE)

"""Jacobians that take long: asked for by choice, computed in the background, given up for the next."""

from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from dashboard.jobs.background_cache import ComputationFailedError
from dashboard.pages.compare import columns
from dashboard.server.messages import unpacked
from dashboard.service import computed_answers, kept_image, long_answers, memory_gate
from dashboard.service.pixel_answer import LongAnswer, PixelAnswer
from fusion import InputError
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.whole_image import WholeImage
from saliency.receptive_field.locality import Locality, remember
from tests.support.explore_requests import asked
from tests.support.waiting import until

PAIR, NETWORK = "cases/wide", "DeepFuse"


@pytest.fixture
def service(fresh_service):
    return fresh_service


@pytest.fixture
def view(service):
    """A pair through a network that sees the whole image, as far as anybody knows."""
    network = service.network_pool.get(NETWORK).network
    remember(network, Locality(0, is_local=False, reason="It sees everything."))
    return service.open_pair(PAIR, NETWORK)


class Held:
    """Jacobians that end when they are let go, or when nobody wants them."""

    def __init__(self):
        self.go_on, self.begun, self.ended = Event(), [], []
        self.made = []
        """Networks whose graph was built."""

    def __call__(self, network, pair):
        self.made.append(network)
        return HeldImage(self, network, pair)


class HeldImage(WholeImage):
    """A graph of `Held`, said to have taken half a second."""

    def __init__(self, held, network, pair):
        super().__init__(network, pair)
        self.held, self.seconds = held, 0.5

    def jacobian(self, pixel):
        self.held.begun.append(pixel)
        try:
            while not self.held.go_on.wait(0.01):
                torch.ones(1).sum()  # where an interruption looks
            return super().jacobian(pixel)
        finally:
            self.held.ended.append(pixel)


@pytest.fixture
def held(monkeypatch):
    found = Held()
    monkeypatch.setattr(kept_image, "WholeImage", found)
    yield found
    found.go_on.set()


def test_a_move_computes_nothing_and_a_choice_is_answered_in_the_end(service, view, held):
    assert service.answers_at_hand(view, [(3, 4), (5, 6)]) == [LongAnswer((3, 4)), LongAnswer((5, 6))]
    assert not held.begun
    first = service.answer_for(view, (3, 4), "page")
    assert (first.pixel, first.is_begun, first.expected) == ((3, 4), True, None)
    until(lambda: held.begun)
    later = service.answer_for(view, (3, 4), "page")
    assert later.spent >= first.spent
    held.go_on.set()
    until(lambda: isinstance(service.answer_for(view, (3, 4), "page"), PixelAnswer))
    assert held.begun == [(3, 4)]
    (kept,) = service.answers_at_hand(view, [(3, 4)])
    assert kept is service.answer_for(view, (3, 4), "page")


def test_another_choice_and_a_page_that_left_end_what_is_computed(service, view, held):
    service.answer_for(view, (3, 4), "page")
    until(lambda: held.begun)
    service.answer_for(view, (5, 6), "page")
    until(lambda: held.ended == [(3, 4)] and held.begun[1:] == [(5, 6)])
    before = until(lambda: (found := service.answer_for(view, (5, 6), "page").spent) > 0.5 and found)
    service.leave("page")
    until(lambda: held.ended == [(3, 4), (5, 6)])
    assert service.answers_at_hand(view, [(3, 4)]) == [LongAnswer((3, 4))]
    assert service.answer_for(view, (5, 6), "page").spent < before  # counted from this question on


def test_what_another_page_waits_for_goes_on(service, view, held):
    service.answer_for(view, (3, 4), "one")
    service.answer_for(view, (3, 4), "other")
    until(lambda: held.begun)
    service.long_answers.leave("one")
    held.go_on.set()
    until(lambda: isinstance(service.answer_for(view, (3, 4), "other"), PixelAnswer))
    assert held.begun == [(3, 4)]


def test_what_turns_out_to_be_quick_follows_the_pointer(service, view, monkeypatch):
    monkeypatch.setattr(long_answers, "LONG", 60.0)
    service.long_answers.took(view, 0.2)
    found = service.answers_at_hand(view, [(3, 4)])
    assert isinstance(found[0], PixelAnswer)
    service.long_answers.took(view, 70.0)
    assert service.answers_at_hand(view, [(5, 6)]) == [LongAnswer((5, 6), expected=70.0)]


def test_crops_are_never_long(service):
    view = service.open_pair(PAIR, "FunFuseAn")
    service.long_answers.took(view, 70.0)
    assert isinstance(service.answers_at_hand(view, [(3, 4)])[0], PixelAnswer)


def test_a_failure_is_told_once_and_tried_again(service, view, monkeypatch):
    def fails(network, pair):
        raise InputError("It needs more memory.")

    monkeypatch.setattr(kept_image, "WholeImage", fails)

    def is_told():
        try:
            service.answer_for(view, (3, 4), "page")
        except ComputationFailedError as error:
            return str(error) == "It needs more memory."
        return False

    until(is_told)
    monkeypatch.undo()
    until(lambda: isinstance(service.answer_for(view, (3, 4), "page"), PixelAnswer))


@pytest.mark.parametrize("pixel", [(-1, 0), (48, 0), (0, 72)])
def test_a_pixel_outside_is_refused_before_anything_is_computed(service, view, held, pixel):
    for ask in (lambda: service.answer_for(view, pixel, "page"), lambda: service.answers_at_hand(view, [pixel])):
        with pytest.raises(InputError, match="outside"):
            ask()
    assert not held.begun


def test_a_column_that_takes_long_leaves_the_others_quick(service, view, held):
    names = ["FunFuseAn", NETWORK]
    moved = columns.answered(service, PAIR, names, [(3, 4)])
    about, arrays = unpacked(columns.message(moved, (3, 4), 0))
    assert [each.get("is_absent", False) for each in about["columns"]] == [False, True]
    assert set(arrays) == {"first0", "second0"}
    assert (about["is_absent"], about["again"]) == (True, None)
    chosen = columns.answered(service, PAIR, names, [(3, 4)], "page")
    about, _ = unpacked(columns.message(chosen, (3, 4), 0))
    assert about["again"] == about["columns"][1]["again"] > 0
    service.long_answers.leave(columns.column_watcher("page", NETWORK))
    until(lambda: held.ended == held.begun)


def test_over_http_a_quick_pixel_is_the_same_chosen_or_not(client):
    words = {"pair": PAIR, "network": NETWORK, "row": 3, "col": 4}
    (one, windows), (other, same) = (asked(client, "jacobian", **words, **more) for more in ({}, {"chosen": 1}))
    assert np.array_equal(windows["first"], same["first"])
    assert "is_absent" not in one
    assert one["key"] == other["key"]
    assert client.post("/explore/cancel", query_string={"page": "1"}).status_code == 204
    assert client.post("/compare/cancel", query_string={"page": "1", "networks": NETWORK}).status_code == 204


class Shared:
    """What all pixels share, in steps that go on when they are let; then one pixel after the other."""

    def __init__(self):
        self.go_on = Event()

    def __call__(self, network, pair, told):
        told(0, 4)
        told(1, 4)
        while not self.go_on.wait(0.01):
            torch.ones(1).sum()
        told(1, 1)


def test_what_all_pixels_share_is_no_part_of_what_the_next_one_is_expected_to_take(service, view, monkeypatch):
    clock = iter((0.0, 5.0, 105.0, 107.0))  # asked, begun, shared, computed
    monkeypatch.setattr(computed_answers, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    service.answer_for(view, (3, 4), "page")
    until(lambda: isinstance(service.answer_for(view, (3, 4), "page"), PixelAnswer))
    answer = service.answer_for(view, (3, 4), "page")
    assert (answer.queued, answer.milliseconds) == (5000, 2000)
    assert service.answers_at_hand(view, [(5, 6)]) == [LongAnswer((5, 6), expected=2.0)]


def test_how_far_that_is_is_told_until_it_is_there(service, view, held, monkeypatch):
    shared = Shared()
    monkeypatch.setattr(kept_image, "prepared", shared)
    service.answer_for(view, (3, 4), "page")
    until(lambda: service.answer_for(view, (3, 4), "page").shared == 0.25)
    assert not held.begun
    shared.go_on.set()
    until(lambda: held.begun)
    assert service.answer_for(view, (3, 4), "page").shared is None


def test_a_pixel_given_up_while_the_shared_is_found_ends_there(service, view, held, monkeypatch):
    monkeypatch.setattr(kept_image, "prepared", Shared())
    service.answer_for(view, (3, 4), "page")
    until(lambda: service.answer_for(view, (3, 4), "page").shared == 0.25)
    service.leave("page")
    until(lambda: not service.jobs.is_wanted(service.long_answers._kind, (view.maps_key, (3, 4))))
    monkeypatch.undo()
    service.long_answers.took(view, 0.2)
    assert isinstance(service.answers_at_hand(view, [(5, 6)])[0], PixelAnswer)  # no turn is held for ever
    assert not held.begun


def test_building_the_graph_counts_where_it_is_not_kept(service, view, held):
    held.go_on.set()
    service.answer(view, (3, 4))
    service.long_answers.took(view, 70.0, graph=30.0)
    assert service.long_answers.expected(view, (5, 6)).expected == 70.0
    service._kept_image.let_go()
    assert service.long_answers.expected(view, (5, 6)).expected == 100.0


def test_a_quick_pixel_is_long_where_what_all_share_is_not_there(service, view, monkeypatch):
    service.long_answers.took(view, 0.2)
    monkeypatch.setattr(long_answers, "is_prepared", lambda network, pair: False)
    assert service.answers_at_hand(view, [(3, 4)]) == [LongAnswer((3, 4), expected=0.2)]


def test_the_expected_time_counts_what_was_shared_once_it_is_there(service, view, held, monkeypatch):
    shared = Shared()
    monkeypatch.setattr(kept_image, "prepared", shared)
    service.long_answers.took(view, 70.0)
    service.answer_for(view, (3, 4), "page")
    until(lambda: service.answer_for(view, (3, 4), "page").shared == 0.25)
    assert service.answer_for(view, (3, 4), "page").expected == 70.0
    shared.go_on.set()
    until(lambda: held.begun)
    asked = service.answer_for(view, (3, 4), "page")
    assert 70.0 < asked.expected <= 70.0 + asked.spent


def test_the_graph_is_kept_for_the_next_pixel_until_it_is_let_go(service, view, held):
    held.go_on.set()
    for pixel in ((3, 4), (5, 6)):
        service.answer(view, pixel)
    assert len(held.made) == 1
    service._kept_image.let_go()
    service.answer(view, (7, 8))
    assert len(held.made) == 2


def test_another_view_or_a_changed_network_builds_its_own_graph(service, view, held):
    held.go_on.set()
    service.answer(view, (3, 4))
    service.answer(service.open_pair("cases/square", NETWORK), (3, 4))
    service.answer(view, (5, 6))
    assert len(held.made) == 3
    with torch.no_grad():
        next(view.loaded.network.parameters()).mul_(1.5)
    found = service.answer(view, (7, 8))
    assert len(held.made) == 4
    expected = full_image_jacobian(view.loaded.network, view.pair, (7, 8))
    np.testing.assert_allclose(found.jacobian.first, expected.first, atol=1e-5 * np.abs(expected.first).max())


def test_a_large_graph_goes_with_its_pixel_and_one_kept_where_others_need_memory(service, view, held, monkeypatch):
    held.go_on.set()
    monkeypatch.setattr(kept_image, "graph_bytes", lambda network, shape: 2**31 + 1)
    service.answer(view, (3, 4))
    assert service._kept_image._image is None
    monkeypatch.undo()
    monkeypatch.setattr(kept_image, "WholeImage", held)
    service.answer(view, (5, 6))
    assert service._kept_image._image is not None
    monkeypatch.setattr(service.gate, "_available", lambda: 0)
    monkeypatch.setattr(memory_gate, "graph_bytes", lambda network, shape: 2**30)
    with pytest.raises(InputError, match="looks at the whole image"), service.gate.admitted(view):
        pass
    assert service._kept_image._image is None


@pytest.mark.slow
def test_pointer_and_guidance_share_one_graph_and_it_goes_with_the_last_of_them(service, view, held):
    held.go_on.set()
    until(lambda: service.guidance(view, "page", 0.1).done > 1)
    service.answer(view, (3, 4))
    service._kept_image.let_go()
    found = until(lambda: (each := service.guidance(view, "page", 0.1)).is_complete and each)
    assert found.error is not None
    assert len(held.made) == 1
    until(lambda: not service._kept_image.is_kept(view))  # once the queue has let go of the job
    service.answer(view, (5, 6))
    assert len(held.made) == 2


def test_exact_guidance_takes_the_graph_that_is_there(service, view, held):
    held.go_on.set()
    service.answer(view, (3, 4))
    until(lambda: service.guidance(view, "page").done > 1)
    service.leave("page")
    assert len(held.made) == 1


def test_a_pixel_given_up_leaves_the_graph_right(service, view, held):
    service.answer_for(view, (3, 4), "page")
    until(lambda: held.begun)
    service.leave("page")
    until(lambda: held.ended)
    held.go_on.set()
    found = service.answer(view, (5, 6)).jacobian
    assert len(held.made) == 1
    expected = full_image_jacobian(view.loaded.network, view.pair, (5, 6))
    np.testing.assert_allclose(found.first, expected.first, atol=1e-5 * np.abs(expected.first).max())

"""What the pointer needs of a network is found where a view is opened, or guidance is there after a restart."""

from threading import Event, Semaphore

import numpy as np
import pytest

from dashboard.jobs.pointer_rest import YIELD_AT_MOST
from dashboard.pages.explore.opened_view import view_message
from dashboard.service import derivative_jobs, kept_derivatives
from fusion import InputError
from saliency import jacobian, locality
from saliency.derivatives import kept_slopes
from saliency.derivatives.kept_slopes import derivative_in_parts, kept_derivative, let_go_derivatives
from saliency.derivatives.known_network import known_of
from saliency.network import grid_derivatives
from saliency.network.parts import Progress
from tests.support.explore_requests import NETWORK, PAIR
from tests.support.networks import random_pair, stacked
from tests.support.waiting import until
from tests.support.worked_for import works_for


@pytest.fixture
def service(fresh_service):
    return fresh_service


@pytest.fixture
def view(service):
    """One whose guidance of an earlier run is in the disk cache."""
    found = service.open_pair(PAIR, NETWORK)
    images = tuple(np.zeros(found.pair.shape, dtype=np.float32) for _ in range(2))
    service._kept_guidance.put(found.maps_key, images)
    return found


@pytest.fixture
def kept(monkeypatch):
    """What a derivative was found of, each time; the network has such a thing."""
    found = []
    monkeypatch.setattr(kept_derivatives, "is_kept_by_guidance", lambda *_: True)
    monkeypatch.setattr(derivative_jobs, "lacks_derivative", lambda *of: of not in found)

    def in_parts(*of):
        yield Progress(0, 1)
        found.append(of[:2])
        yield Progress(1, 1)

    monkeypatch.setattr(derivative_jobs, "derivative_in_parts", in_parts)
    for module in (derivative_jobs, kept_derivatives):
        monkeypatch.setattr(module, "derivative_bytes", lambda *_: 2**29)
    return found


def test_guidance_from_the_disk_brings_the_derivative_for_the_pointer(service, view, kept):
    until(lambda: service.guidance(view).images)
    until(lambda: kept)
    assert service.guidance(view).images
    assert kept == [(view.loaded.network, view.pair)]


def test_a_derivative_that_cannot_be_found_takes_no_guidance_away(service, view, kept, monkeypatch):
    asked = []

    def failing(network, *_):
        asked.append(network)
        raise InputError("It gives other values.")
        yield

    monkeypatch.setattr(derivative_jobs, "derivative_in_parts", failing)
    until(lambda: service.guidance(view).images and asked)
    until(lambda: service.guidance(view).images and view.maps_key in service._derivatives._views._failed)
    assert service.guidance(view).images
    assert len(asked) == 1
    service._derivatives._views._failed.clear()  # as after a while
    until(lambda: service.guidance(view).images and len(asked) == 2)


def test_a_network_that_needs_none_is_not_asked_for_one(service, view, kept, monkeypatch):
    monkeypatch.setattr(derivative_jobs, "lacks_derivative", lambda *_: False)
    until(lambda: service.guidance(view).images)
    service.jobs.close()
    assert kept == []


def test_a_derivative_is_found_only_in_memory_that_is_there(service, view, kept, monkeypatch):
    monkeypatch.setattr(service.gate, "_available", lambda: 2**28)
    told = []
    monkeypatch.setattr(service.gate, "_refusal", lambda *of: told.append(of) or "It does not fit.")
    until(lambda: service.guidance(view).images and told)
    service.jobs.close()
    assert told == [(2**29, NETWORK, derivative_jobs.NOTE)]
    assert kept == []


def test_guidance_that_finds_one_is_admitted_to_its_memory(service, kept, monkeypatch):
    monkeypatch.setattr(service.gate, "_available", lambda: 2**28)
    other = service.open_pair("cases/square", NETWORK)
    until(lambda: "needs 0.5 GB for this pair for its derivative" in service.guidance(other).failure)


def test_what_is_kept_is_let_go_where_others_need_memory_and_found_again(service, view, kept, monkeypatch):
    left = []

    def let_go(network):
        left.append(network)
        kept.clear()
        return True

    monkeypatch.setattr(kept_derivatives, "let_go_derivatives", let_go)
    until(lambda: service.guidance(view).images and kept)
    monkeypatch.setattr(service.gate, "_available", lambda: 2**28)
    with pytest.raises(InputError), service.gate.set_aside(2**30, "Other"):
        pass
    assert left == [view.loaded.network]
    monkeypatch.setattr(service.gate, "_available", lambda: None)
    until(lambda: service.guidance(view).images and kept)


def is_found(fused_pair):
    network = fused_pair.loaded.network
    return kept_derivative(network, fused_pair.pair, locality(network)) is not None


def test_a_view_that_is_opened_brings_its_slopes_and_answers_as_before(service):
    view, pixel = service.open_pair(PAIR, NETWORK), (20, 31)
    before = jacobian(view.loaded.network, view.pair, pixel)
    assert not is_found(view)
    view_message(service, PAIR, NETWORK)
    until(lambda: is_found(view))
    after = service.answer(view, pixel).jacobian
    assert after.area == before.area
    for one, other in zip((after.first, after.second), (before.first, before.second), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6 * np.abs(other).max())
    assert not let_go_derivatives(service.open_pair(PAIR, "Weighted Averaging").loaded.network)


def test_slopes_that_were_let_go_are_found_again_where_the_view_is_opened(service):
    view = service.open_pair(PAIR, NETWORK)
    for _ in range(2):
        view_message(service, PAIR, NETWORK)
        until(lambda: is_found(view))
        service._let_go()
        assert not is_found(view)
    view_message(service, PAIR, NETWORK)
    until(lambda: is_found(view))
    let_go_derivatives(view.loaded.network)  # as where other pairs push it out
    view_message(service, PAIR, NETWORK)
    until(lambda: is_found(view))


def test_a_place_that_an_input_is_moved_through_keeps_nothing(service, monkeypatch):
    looked_at = []
    monkeypatch.setattr(service._derivatives, "look_at", lambda fused_pair, _: looked_at.append(fused_pair))
    view_message(service, f"{PAIR}~move=1,0,0", NETWORK)
    assert looked_at == []
    view_message(service, f"{PAIR}~swap", NETWORK)
    assert [each.pair.content_hash for each in looked_at] == [service.catalogue.pair(f"{PAIR}~swap").content_hash]


@pytest.fixture
def held(service, monkeypatch):
    """Derivatives of two parts; how often each pair's was begun, and what lets the second parts be done."""
    begun, may_go_on = [], Event()

    def in_parts(network, pair, fused):
        if not works_for([service.jobs]):
            return derivative_in_parts(network, pair, fused)
        return two_parts(pair)

    def two_parts(pair):
        begun.append(pair.content_hash)
        yield Progress(0, 2)
        may_go_on.wait()
        yield Progress(2, 2)

    monkeypatch.setattr(derivative_jobs, "derivative_in_parts", in_parts)
    monkeypatch.setattr(derivative_jobs, "lacks_derivative", lambda *_: True)
    yield begun, may_go_on
    may_go_on.set()


def test_views_that_were_left_before_their_turn_are_not_looked_into(service, held):
    begun, may_go_on = held
    pairs = [random_pair((30, 31), seed) for seed in range(8)]
    views = [service.open_aside(PAIR, pair, NETWORK) for pair in pairs]
    service.look_at(PAIR, views[0])
    until(lambda: begun)
    for view in views[1:]:
        service.look_at(PAIR, view)
    may_go_on.set()
    until(lambda: len(begun) == 1 + kept_derivatives.VIEWS)
    service.jobs.close()
    seen_last = pairs[-1 : -1 - kept_derivatives.VIEWS : -1]
    assert begun == [pair.content_hash for pair in (pairs[0], *seen_last)]


def test_a_view_that_is_still_looked_at_goes_on_in_its_turn(service, held):
    begun, may_go_on = held
    views = [service.open_aside(PAIR, random_pair((30, 31), seed), NETWORK) for seed in range(2)]
    for view in views:
        service.look_at(PAIR, view)
    until(lambda: begun)
    for view in (*views, *views):
        service._derivatives.look_on(view, service.gate, has_guidance=False)
    may_go_on.set()
    until(lambda: len(begun) == 2)
    assert len(set(begun)) == 2


class Pointer:
    """One that moves until it is told to rest; what is asked for between two parts waits for it."""

    def __init__(self):
        self.asked, self.longest, self.rests, self.turns = 0, 0.0, Event(), Semaphore(0)

    def moved(self):
        pass

    def wait(self, at_most):
        self.asked += 1
        self.longest = max(self.longest, at_most)
        if not self.rests.is_set():
            self.turns.acquire()


def test_the_view_that_is_looked_at_does_not_wait_for_the_one_before(service, monkeypatch):
    """What was begun for a view that was left goes on behind it; it held up the pointer on the next one."""
    parts, pointer = [], Pointer()

    def in_parts(network, pair, fused):
        yield Progress(0, 3)
        for done in range(1, 4):
            parts.append(pair.content_hash)
            yield Progress(done, 3)

    monkeypatch.setattr(derivative_jobs, "derivative_in_parts", in_parts)
    monkeypatch.setattr(derivative_jobs, "lacks_derivative", lambda *_: True)
    service._derivatives = kept_derivatives.KeptDerivatives(service.jobs, at_a_time=0)
    service.jobs.pointer = pointer
    views = [service.open_aside(PAIR, random_pair((30, 31), seed), NETWORK) for seed in range(2)]
    first, second = (view.pair.content_hash for view in views)
    service.look_at(PAIR, views[0])
    for _ in range(2):
        pointer.turns.release()
    until(lambda: pointer.asked == 3)  # the third part of the first view waits for the pointer
    service.look_at(PAIR, views[1])
    pointer.rests.set()
    pointer.turns.release()
    until(lambda: len(parts) == 6)
    assert parts == [first, first, second, second, second, first]


def test_slopes_are_found_in_parts_that_wait_for_a_pointer_that_moves(service, monkeypatch):
    view, pointer, done = service.open_pair(PAIR, NETWORK), Pointer(), []

    def counted(*of):
        for part in derivative_in_parts(*of):
            if works_for([service.jobs]):
                done.append(part)
            yield part

    monkeypatch.setattr(derivative_jobs, "derivative_in_parts", counted)
    service._derivatives = kept_derivatives.KeptDerivatives(service.jobs, at_a_time=0)
    service.jobs.pointer = pointer
    service.look_at(PAIR, view)
    for parts in range(1, 6):
        until(lambda expected=parts: pointer.asked == expected)
        assert len(done) == parts - 1  # the part whose turn it is waits
        assert service.answer(view, (20, 31 + parts)).milliseconds > 0  # the pixel pointed at does not
        assert len(done) == parts - 1
        pointer.turns.release()
    pointer.rests.set()
    pointer.turns.release()
    until(lambda: is_found(view))
    service.jobs.close()
    assert pointer.asked >= len(done) > 40
    assert pointer.longest == kept_derivatives.WAITS < YIELD_AT_MOST  # it speeds the pointer up


@pytest.fixture
def large(service, monkeypatch):
    """A view of a picture that is large where those of more than 60 rows or columns are; in tiles of up to 30."""
    for module in (kept_slopes, grid_derivatives):
        monkeypatch.setattr(module, "LARGEST", 60)
    monkeypatch.setattr(kept_slopes, "TILE", 30)
    return service.open_aside(PAIR, random_pair((61, 75)), NETWORK)


def is_found_at(view, pixel):
    return kept_slopes.at_hand(known_of(view.loaded.network), view.pair, [pixel]) is not None


def test_of_a_large_view_the_part_is_found_where_the_pointer_is(service, large):
    pixels = [(3, 4), (60, 74)]
    before = [jacobian(large.loaded.network, large.pair, pixel) for pixel in pixels]
    service.answer(large, (30, 30))
    assert service._derivatives._parts._looked_at == {}  # no page looks at it
    service.look_at(PAIR, large)
    for pixel, expected in zip(pixels, before, strict=True):
        assert not is_found_at(large, pixel)
        service.answer(large, pixel)
        until(lambda here=pixel: is_found_at(large, here))
        found = jacobian(large.loaded.network, large.pair, pixel)
        assert found.area == expected.area
        for one, other in zip(stacked(found.full()), stacked(expected.full()), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6 * np.abs(other).max())
    assert service.answers(large, []) == []


def test_a_part_that_was_let_go_is_found_again(service, large):
    service.look_at(PAIR, large)
    service.answer(large, (3, 4))
    until(lambda: is_found_at(large, (3, 4)))
    service._derivatives.let_go()
    assert not is_found_at(large, (3, 4))
    service.answer(large, (4, 4))
    until(lambda: is_found_at(large, (3, 4)))

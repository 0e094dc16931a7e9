"""What the pointer needs of a network is found where a view is opened, or guidance is there after a restart."""

from threading import Event

import numpy as np
import pytest

from dashboard.pages.explore.opened_view import view_message
from dashboard.service import kept_derivatives
from fusion import InputError
from saliency import jacobian, locality
from saliency.derivatives.jacobian import kept_derivative, let_go_derivatives
from tests.support.explore_requests import NETWORK, PAIR
from tests.support.networks import random_pair
from tests.support.waiting import until


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
    monkeypatch.setattr(kept_derivatives, "lacks_derivative", lambda *of: of not in found)
    monkeypatch.setattr(kept_derivatives, "keep_derivative", lambda *of: found.append(of) or True)
    monkeypatch.setattr(kept_derivatives, "derivative_bytes", lambda *_: 2**29)
    return found


def test_guidance_from_the_disk_brings_the_derivative_for_the_pointer(service, view, kept):
    until(lambda: service.guidance(view).images)
    until(lambda: kept)
    assert service.guidance(view).images
    assert kept == [(view.loaded.network, view.pair)]


def test_a_derivative_that_cannot_be_found_takes_no_guidance_away(service, view, kept, monkeypatch):
    asked = []

    def failing(network, pair):
        asked.append(network)
        raise InputError("It gives other values.")

    monkeypatch.setattr(kept_derivatives, "keep_derivative", failing)
    until(lambda: service.guidance(view).images and asked)
    service.jobs.close()  # the failure is noted by now
    assert service.guidance(view).images


def test_a_network_that_needs_none_is_not_asked_for_one(service, view, kept, monkeypatch):
    monkeypatch.setattr(kept_derivatives, "lacks_derivative", lambda *_: False)
    until(lambda: service.guidance(view).images)
    service.jobs.close()
    assert kept == []


def test_a_derivative_is_found_only_in_memory_that_is_there(service, view, kept, monkeypatch):
    monkeypatch.setattr(service.gate, "_available", lambda: 2**28)
    told = []
    monkeypatch.setattr(service.gate, "_refusal", lambda *of: told.append(of) or "It does not fit.")
    until(lambda: service.guidance(view).images and told)
    service.jobs.close()
    assert told == [(2**29, NETWORK, kept_derivatives.NOTE)]
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


def test_views_that_were_left_before_their_turn_are_not_looked_into(service, monkeypatch):
    found, begun, may_go_on = [], Event(), Event()

    def keep(_network, pair):
        begun.set()
        may_go_on.wait()
        found.append(pair.content_hash)
        return True

    monkeypatch.setattr(kept_derivatives, "keep_derivative", keep)
    monkeypatch.setattr(kept_derivatives, "lacks_derivative", lambda *_: True)
    pairs = [random_pair((30, 31), seed) for seed in range(8)]
    views = [service.open_aside(PAIR, pair, NETWORK) for pair in pairs]
    service.look_at(PAIR, views[0])
    until(begun.is_set)
    for view in views[1:]:
        service.look_at(PAIR, view)
    may_go_on.set()
    until(lambda: len(found) == 1 + kept_derivatives.DERIVATIVES)
    service.jobs.close()
    assert set(found) == {pair.content_hash for pair in (pairs[0], *pairs[-kept_derivatives.DERIVATIVES :])}

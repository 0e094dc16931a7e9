"""One comparison of a network serves everything that is remembered of it, and a whole question."""

from threading import Thread

import pytest
from torch import nn

import fusion
from saliency import jacobian
from saliency.network.fingerprint import Fingerprint
from saliency.network.network_look import Unchanged, look
from saliency.network.one_look import one_look
from saliency.network.per_network import PerNetworkCache
from tests.support.networks import random_pair


@pytest.fixture
def network():
    return nn.Conv2d(1, 1, 3)


@pytest.fixture
def compared(monkeypatch):
    """Every network that is compared, byte by byte, with what it was."""
    found, unchanged = [], Fingerprint.unchanged

    def counted(self, network):
        found.append(network)
        return unchanged(self, network)

    monkeypatch.setattr(Fingerprint, "unchanged", counted)
    return found


def double(network):
    network.weight.data.mul_(2)


@pytest.mark.parametrize("name", ["FunFuseAn", "CAMF", "Weighted Averaging"])
def test_a_jacobian_compares_its_network_once(compared, name):
    shipped, pair = fusion.load(name), random_pair((40, 41), 1)
    jacobian(shipped, pair, (20, 21))
    compared.clear()
    jacobian(shipped, pair, (21, 20))
    assert compared == [shipped]


def test_what_has_changed_is_another_one_to_all_that_remember(network):
    doubled, counted = [], []
    caches = [
        PerNetworkCache(lambda net, seen=seen: seen.append(net) or 1, Unchanged) for seen in (doubled, counted)
    ]
    for _ in range(2):
        for cache in caches:
            cache(network)
    double(network)
    for _ in range(2):
        for cache in caches:
            cache(network)
    assert len(doubled) == len(counted) == 2


def test_a_question_is_answered_of_the_network_as_it_was_asked_of(network):
    with one_look():
        before = look(network)
        double(network)
        with one_look():
            assert look(network) is before
    assert look(network) is not before


def test_another_thread_looks_for_itself(network):
    seen = []
    with one_look():
        before = look(network)
        double(network)
        thread = Thread(target=lambda: seen.append(look(network)))
        thread.start()
        thread.join()
    assert seen != [before]


def test_what_is_found_out_amid_a_question_sees_what_changes_meanwhile(network):
    """Finding something out may change a network for a moment: what is remembered of that moment must not stay."""
    weight = PerNetworkCache(lambda net: net.weight.abs().sum().item(), Unchanged)

    def found(net):
        net.weight.data.mul_(2)
        of_the_moment = weight(net)
        net.weight.data.div_(2)
        return of_the_moment

    changing = PerNetworkCache(found, Unchanged)
    with one_look():
        plain = weight(network)
        assert changing(network) == pytest.approx(2 * plain)
        assert weight(network) == pytest.approx(plain)
    assert weight(network) == pytest.approx(plain)

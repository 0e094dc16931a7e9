"""What all pixels of a pair share, on disk: the same bits come back, or nothing; found once for two starts."""

import numpy as np
import pytest
import torch
from flask import Flask

from dashboard.cache import slopes_store
from dashboard.cache.slopes_store import SlopesStore
from dashboard.service.fused_pair import FusedPair
from dashboard.service.kept_image import KeptImage
from dashboard.service.memory_gate import MemoryGate
from dashboard.service.network_pool import LoadedNetwork
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.network.pair_function import is_prepared, kept_slopes, prepared, put_slopes
from saliency.network.summary_slopes import SummarySlopes
from tests.support.networks import random_pair
from tests.support.summarised_network import Summarised, ready

PAIR = random_pair((14, 11))
KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def store(tmp_path):
    return SlopesStore(Flask("store"), tmp_path)


def slopes(dtype=torch.float32):
    torch.manual_seed(0)
    return SummarySlopes(
        torch.rand(1, 2, 4, 5).to(dtype), torch.rand(1, 3).to(dtype), torch.rand(2, 3, 4, 5).to(dtype)
    )


def test_the_same_bits_come_back_for_their_key_alone(store, tmp_path):
    assert store.get(KEY) is None
    store.put(KEY, slopes())
    for each in (store, SlopesStore(Flask("another start"), tmp_path)):
        found = each.get(KEY)
        assert all(torch.equal(getattr(found, name), getattr(slopes(), name)) for name in vars(found))
        assert each.get(OTHER) is None


def test_other_code_finds_nothing(store, tmp_path, monkeypatch):
    store.put(KEY, slopes())
    monkeypatch.setattr(slopes_store, "source_hash", lambda: "of tomorrow")
    assert SlopesStore(Flask("tomorrow"), tmp_path).get(KEY) is None


def test_what_is_large_or_of_another_type_is_not_kept(store, monkeypatch):
    store.put(KEY, slopes(torch.float64))
    monkeypatch.setattr(slopes_store, "LARGEST", 100)
    store.put(OTHER, slopes())
    assert store.get(KEY) is None
    assert store.get(OTHER) is None


@pytest.mark.parametrize("content", [b"", b"7\n", b'{"name": 3}\nabc', b"{}"])
def test_a_file_of_another_program_is_passed_over(store, content):
    store._cache.set(store._name(KEY), content)
    assert store.get(KEY) is None


def test_what_was_found_before_is_not_found_again():
    first, second = (ready(Summarised(), torch.float32) for _ in range(2))
    assert kept_slopes(first, PAIR) is None
    prepared(first, PAIR)
    put_slopes(second, PAIR, kept_slopes(first, PAIR))
    assert is_prepared(second, PAIR)
    told = []
    found = prepared(second, PAIR, lambda *each: told.append(each))
    assert told == [(2, 3), (1, 1)]
    assert torch.equal(found.slopes, kept_slopes(first, PAIR).slopes)


def test_slopes_of_another_size_are_not_taken():
    net = ready(Summarised(), torch.float32)
    put_slopes(net, PAIR, slopes())
    assert not is_prepared(net, PAIR)


def test_a_second_start_of_the_dashboard_finds_what_the_first_one_found(tmp_path):
    told, found = ([], []), []
    for start in range(2):
        net = ready(Summarised(), torch.float32)
        view = FusedPair(PAIR, LoadedNetwork("Mine", net, "of these weights"), np.zeros(PAIR.shape, np.float32))
        kept = KeptImage(SlopesStore(Flask("start"), tmp_path))
        with kept.of(view, MemoryGate(lambda: None), lambda *each, start=start: told[start].append(each)) as image:
            found.append(image.jacobian((3, 4)))
        kept.let_go()
    assert told == ([(0, 3), (1, 3), (2, 3), (1, 1)], [(2, 3), (1, 1)])
    assert np.array_equal(found[0].first, found[1].first)
    expected = full_image_jacobian(net, PAIR, (3, 4))
    np.testing.assert_allclose(found[1].first, expected.first, atol=1e-6 * np.abs(expected.first).max())

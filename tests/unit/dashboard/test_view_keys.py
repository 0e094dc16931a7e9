"""Under which key something computed is kept: each input counts, each byte of each picture. Promise 20."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dashboard.cache.sealed_files import SealedFiles
from dashboard.service import fused_pair
from dashboard.service.fused_pair import FusedPair, view_key
from dashboard.service.network_pool import LoadedNetwork
from fusion import ImagePair

RNG = np.random.default_rng(5)
PAIR = ImagePair(*RNG.random((2, 5, 7), dtype=np.float32), "pair")
LOADED = LoadedNetwork("DeepFuse", torch.nn.Identity(), "ab" * 32)


def with_byte(pair, name, at):
    changed = getattr(pair, name).copy()
    changed.view(np.uint8).reshape(-1)[at] ^= 1
    return replace(pair, **{name: changed})


def test_promise_20_every_byte_of_both_pictures_counts():
    changed = [with_byte(PAIR, name, at) for name in ("first", "second") for at in range(PAIR.first.nbytes)]
    keys = {view_key(each, LOADED) for each in (PAIR, *changed)}
    assert len(keys) == 1 + 2 * PAIR.first.nbytes


def test_promise_20_so_do_their_order_their_shape_and_all_of_the_network(monkeypatch):
    first, second = PAIR.first, PAIR.second
    pairs = (
        PAIR,
        replace(PAIR, first=second, second=first),
        replace(PAIR, first=first.reshape(7, 5), second=second.reshape(7, 5)),
        replace(PAIR, first=first.reshape(1, 35), second=second.reshape(1, 35)),
    )
    networks = (
        LOADED,
        replace(LOADED, name="FunFuseAn"),
        replace(LOADED, weights="ac" + "ab" * 31),
        replace(LOADED, weights=""),
        replace(LOADED, session="cd"),
    )
    keys = {view_key(pair, loaded) for pair in pairs for loaded in networks}
    assert len(keys) == len(pairs) * len(networks)
    monkeypatch.setattr(torch, "__version__", "another")
    keys.add(view_key(PAIR, LOADED))
    monkeypatch.setattr(fused_pair, "FORMAT", "another")
    keys.add(view_key(PAIR, LOADED))
    assert len(keys) == len(pairs) * len(networks) + 2


def test_promise_20_what_was_dropped_or_refuted_has_a_key_of_its_own():
    plain = FusedPair(PAIR, LOADED, PAIR.first)
    keys = {
        plain.maps_key,
        replace(plain, is_dropped=True).maps_key,
        replace(plain, is_refuted=True).maps_key,
        replace(plain, is_dropped=True, is_refuted=True).maps_key,
    }
    assert len(keys) == 4
    assert plain.key == view_key(replace(PAIR, title="called otherwise"), LOADED)


def test_promise_20_what_other_code_has_written_is_not_found(tmp_path):
    SealedFiles(tmp_path / "own", 9, 2**20, "one").set("key", b"value")
    assert SealedFiles(tmp_path / "own", 9, 2**20, "other").get("key") is None
    assert SealedFiles(tmp_path / "own", 9, 2**20, "one").get("key") == b"value"


@pytest.mark.parametrize("at", [0, 17, 31])
def test_promise_20_an_entry_under_another_name_is_refused(tmp_path, at):
    files = SealedFiles(tmp_path / "own", 9, 2**20)
    files.set("key", b"value")
    (path,) = files.folder.glob("*.sealed")
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    assert files.get("key") is None

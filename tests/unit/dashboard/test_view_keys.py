"""Under which key something computed is kept: each input counts, each byte of each picture. Promise 20."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dashboard.cache.sealed_files import SealedFiles
from dashboard.service.fused_pair import FusedPair, view_key
from dashboard.service.network_pool import LoadedNetwork
from fusion import ImagePair

RNG = np.random.default_rng(5)
PAIR = ImagePair(*RNG.random((2, 5, 7), dtype=np.float32), "pair")
LOADED = LoadedNetwork("DeepFuse", torch.nn.Identity(), "ab" * 32)


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


@pytest.mark.parametrize("at", [0, 17, 31])
def test_promise_20_an_entry_under_another_name_is_refused(tmp_path, at):
    files = SealedFiles(tmp_path / "own", 9, 2**20)
    files.set("key", b"value")
    (path,) = files.folder.glob("*.sealed")
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    assert files.get("key") is None

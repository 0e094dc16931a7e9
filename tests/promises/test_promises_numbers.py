"""Promises 18 to 20: right, the same each time, and never another view's."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from dashboard.cache.sealed_files import SealedFiles
from dashboard.service import fused_pair
from dashboard.service.fused_pair import view_key
from dashboard.service.network_pool import LoadedNetwork
from fusion.data.pairs import ImagePair
from saliency.derivatives.jacobian import full_image_jacobian, jacobian
from tests.support.networks import central_difference, in_double, network, random_pair, stacked

ROOT = Path(__file__).resolve().parents[2]
SHAPE = (37, 31)
RELATIVE = 1e-3
CORNERS = [(0, 0), (0, SHAPE[1] - 1), (SHAPE[0] - 1, 0), (SHAPE[0] - 1, SHAPE[1] - 1)]
NETWORKS = ("FunFuseAn", "MaskNet", "DeepFuse", "DeepPedestrian")
PLACES = st.sampled_from(CORNERS) | st.tuples(st.integers(0, SHAPE[0] - 1), st.integers(0, SHAPE[1] - 1))


@pytest.mark.slow
def test_promise_18_a_jacobian_is_that_of_central_differences_and_of_the_whole_image(measured):
    worst, asked = [0.0, 0.0], []
    pair = random_pair(SHAPE)
    inputs = torch.from_numpy(np.stack((pair.first, pair.second))).double()[:, None, None]

    @effort(max_examples=40)
    @given(st.sampled_from(NETWORKS), PLACES, st.randoms(use_true_random=False))
    def agrees(name, pixel, random):
        found = stacked(jacobian(network(name), pair, pixel).full())
        whole = stacked(full_image_jacobian(in_double(name), pair, pixel).full())
        scale = np.abs(whole).max()
        worst[0] = max(worst[0], np.abs(found - whole).max() / scale)
        near = np.argwhere(np.abs(whole) > scale / 4)
        index, row, col = (int(each) for each in near[random.randrange(len(near))])
        slope = central_difference(in_double(name), inputs, (index, 0, 0, row, col), pixel)
        worst[1] = max(worst[1], abs(found[index, row, col] - slope) / abs(slope))
        asked.append(pixel)
        assert worst[0] < RELATIVE
        assert worst[1] < RELATIVE

    agrees()
    assert set(CORNERS) <= set(asked)
    measured(
        f"{len(asked)} pixels, {worst[0]:.0e} of the largest to the whole image, {worst[1]:.0e} to differences"
    )


AGAIN = """
import hashlib, torch
torch.set_num_threads(1)
import fusion, saliency
from dashboard.imaging.encoding import to_bytes
net, whole = fusion.load("MaskNet"), fusion.phantom(seed=2)
pair = fusion.ImagePair(whole.first[64:128, 64:170].copy(), whole.second[64:128, 64:170].copy(), title="a part")
for _ in range(20):
    J = saliency.jacobian(net, pair, (40, 77))
    y = saliency.fused_image(net, pair)
    content = J.first.tobytes() + J.second.tobytes() + y.tobytes() + to_bytes(y).tobytes()
    print(hashlib.sha256(content).hexdigest())
"""


@pytest.mark.slow
def test_promise_19_the_same_question_has_the_same_bytes_in_every_process(measured):
    command = [sys.executable, "-c", AGAIN]
    begun = [subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) for _ in range(2)]
    lines = []
    for process in begun:
        printed, _ = process.communicate()
        assert process.returncode == 0
        lines += printed.split()
    assert len(lines) == 40
    assert len(set(lines)) == 1
    measured("20 times in each of 2 processes, one hash")


def changed_pairs(pair):
    """The pair with the last bit of one pixel changed, in either image, at every place in turn."""
    for which in ("first", "second"):
        for place in np.ndindex(pair.shape):
            values = getattr(pair, which).copy()
            values[place] = np.nextafter(values[place], np.float32(2))
            yield replace(pair, **{which: values})


def test_promise_20_whatever_goes_in_is_in_the_key(monkeypatch, tmp_path, measured):
    pair = random_pair((9, 7))
    loaded = LoadedNetwork("MaskNet", network("MaskNet"), "ab" * 32)
    keys = [view_key(pair, loaded)]
    keys += [view_key(each, loaded) for each in changed_pairs(pair)]
    turned = ImagePair(pair.first.reshape(7, 9), pair.second.reshape(7, 9), title=pair.title)
    swapped = ImagePair(pair.second, pair.first, title=pair.title)
    keys += [view_key(turned, loaded), view_key(swapped, loaded)]
    for place in range(64):
        digits = list(loaded.weights)
        digits[place] = "0"
        keys.append(view_key(pair, replace(loaded, weights="".join(digits))))
    keys += [view_key(pair, replace(loaded, name="Masknet")), view_key(pair, replace(loaded, session="1"))]
    monkeypatch.setattr(fused_pair, "FORMAT", "another")
    keys.append(view_key(pair, loaded))
    monkeypatch.setattr(torch, "__version__", "another")
    keys.append(view_key(pair, loaded))
    assert len(set(keys)) == len(keys)
    first, second = (SealedFiles(tmp_path, 10, 10**6, version) for version in ("code 1", "code 2"))
    first.set(keys[0], b"of the old code")
    assert (second.get(keys[0]), first.get(keys[0])) == (None, b"of the old code")
    measured(f"{len(keys)} keys of {2 * pair.first.size} pixels, weights, names, versions, all different")

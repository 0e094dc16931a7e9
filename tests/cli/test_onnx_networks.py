"""``--network my_net.onnx`` on the command lines."""

import hashlib

import numpy as np
import pytest

import fusion
from saliency import jacobian
from saliency.__main__ import main
from tests.support.onnx_files import exported, small

WORDS = ["jacobian", "--phantom", "3", "--pixel", "120,96", "--out", "spot", "--network"]


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return exported("net.onnx", small())


def test_a_jacobian_is_asked_of_a_file(file, capsys):
    assert main([*WORDS, "net.onnx=Mine"]) == 0
    with np.load("spot.npz", allow_pickle=False) as stored:
        assert stored["method"] == "Mine"
        assert stored["weights_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        expected = jacobian(fusion.CardedNetwork(small()), fusion.phantom(3), (120, 96))
        assert stored["first"].shape == (5, 5)
        np.testing.assert_allclose(stored["first"], expected.first, rtol=1e-4, atol=1e-7)


def test_what_cannot_be_used_is_one_line(file, capsys):
    file.write_bytes(b"x")
    assert main([*WORDS, "net.onnx"]) == 2
    (line,) = capsys.readouterr().err.strip().split("\n")
    assert "net.onnx is damaged or no ONNX file" in line

import numpy as np
import pytest
from PIL import Image

import fusion
from saliency import diffusion_index, integrated_gradients, local_attribution, smooth_gradients
from saliency.__main__ import main
from saliency.geometry.masks import labelled

BASE = ["attribution", "--method", "weighted-averaging", "--phantom", "3"]
PIXEL = ["--pixel", "137,116"]


def stored(path):
    with np.load(path, allow_pickle=False) as contents:
        return dict(contents)


@pytest.mark.parametrize(
    ("flags", "way", "settings"),
    [
        ([], integrated_gradients, {}),
        (["--baseline", "blurred"], integrated_gradients, {"baseline": "blurred"}),
        (
            ["--by", "smooth", "--samples", "3", "--sigma", "0.2", "--seed", "5"],
            smooth_gradients,
            {"samples": 3, "sigma": 0.2, "seed": 5},
        ),
        (["--by", "local", "--sigma", "2"], local_attribution, {"sigma": 2}),
    ],
)
def test_it_writes_and_prints_what_the_function_returns(flags, way, settings, tmp_path, capsys):
    assert main([*BASE, *PIXEL, *flags, "--out", str(tmp_path / "found")]) == 0
    expected = way(fusion.load("Weighted Averaging"), fusion.phantom(3), (137, 116), **settings)
    contents = stored(tmp_path / "found.npz")
    np.testing.assert_array_equal(contents["first"], expected.first)
    np.testing.assert_array_equal(contents["second"], expected.second)
    assert tuple(contents["window"]) == tuple(expected.area)
    assert contents["fused"] == expected.value
    assert np.isnan(contents["baseline"]) == (expected.baseline is None)
    said = capsys.readouterr().out
    assert f"y = {expected.value:.4f}" in said
    assert f"MRI: sum {expected.first.sum():+.4f}" in said
    assert f"diffusion index: {diffusion_index(expected):.3f}" in said
    assert ("complete" in said) == (way is not smooth_gradients)
    with Image.open(tmp_path / "found.png") as picture:
        assert np.asarray(picture.convert("L")).std() > 5


def test_a_region_is_asked_about_by_its_label(tmp_path, capsys):
    assert main([*BASE, "--label", "necrotic core", "--out", str(tmp_path / "core")]) == 0
    pair = fusion.phantom(3)
    region = labelled(pair, "necrotic core")
    expected = integrated_gradients(fusion.load("Weighted Averaging"), pair, region)
    np.testing.assert_array_equal(stored(tmp_path / "core.npz")["second"], expected.second)
    assert f"mean of {region.sum()} pixels" in capsys.readouterr().out


def test_what_is_not_complete_is_said(tmp_path, capsys):
    flags = [*PIXEL, "--by", "local", "--bound", "1e-15", "--steps", "4", "--out", str(tmp_path / "found")]
    assert main([*BASE, *flags]) == 0
    assert "NOT complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "one pixel or one region"),
        ([*PIXEL, "--disk", "5,5,2"], "one pixel or one region"),
        (["--pixel", "256,0"], "outside the image"),
        (["--label", "liver"], "no region called 'liver'"),
        ([*PIXEL, "--steps", "3"], "at least 4"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(flags, said, tmp_path, capsys):
    assert main([*BASE, *flags, "--out", str(tmp_path / "found")]) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("python -m")]
    assert len(error) == 1
    assert said in error[0]
    assert list(tmp_path.iterdir()) == []

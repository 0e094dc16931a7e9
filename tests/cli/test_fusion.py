"""``fuse`` and the command line as such: what they print, write and refuse."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import fusion
from fusion.__main__ import main
from fusion.method.checkpoints import save
from fusion.method.registry import find
from tests.support.training_helpers import brains, refused


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return brains(tmp_path_factory.mktemp("data"))


def test_fuse_writes_the_clipped_image_as_8_bit_grey(data, tmp_path, capsys):
    out = tmp_path / "fused.png"
    first, second = data / "mri" / "1001.png", data / "pet" / "1001.png"
    arguments = [
        "--method",
        "weighted averaging",
        "--first",
        str(first),
        "--second",
        str(second),
        "--out",
        str(out),
    ]
    assert main(["fuse", *arguments]) == 0
    a = np.asarray(Image.open(first), float)
    b = np.asarray(Image.open(second), float) @ [0.2989, 0.5870, 0.1140]
    a, b = ((x - x.min()) / (x.max() - x.min()) for x in (a, b))
    expected = 255 * (a**2 + b**2) / np.where(a + b > 0, a + b, 1)
    picture = Image.open(out)
    assert picture.mode == "L"
    assert np.abs(np.asarray(picture) - expected).max() <= 0.501
    assert "MRI and PET of 1001, fused by Weighted Averaging" in capsys.readouterr().out


def test_fuse_of_an_unbounded_network_clips_instead_of_wrapping_round(tmp_path):
    method = find("DeepPedestrian")
    torch.manual_seed(0)
    network = method.build()
    with torch.no_grad():
        network.last[1].weight.mul_(2000)
    save(network, method, {}, tmp_path)
    out = tmp_path / "fused.png"
    assert (
        main(
            ["fuse", "--method", method.slug, "--phantom", "4", "--checkpoints", str(tmp_path), "--out", str(out)]
        )
        == 0
    )
    fused = fusion.fuse(fusion.load(method.name, tmp_path), fusion.phantom(4))
    assert fused.min() < -0.5
    assert fused.max() > 1.5
    np.testing.assert_array_equal(np.asarray(Image.open(out)), np.rint(np.clip(fused, 0, 1) * 255))


def test_fuse_puts_the_second_pictures_colours_back(tmp_path):
    out = tmp_path / "fused.png"
    assert main(["fuse", "--method", "weightedaveraging", "--phantom", "5", "--color", "--out", str(out)]) == 0
    pair = fusion.phantom(5)
    shown = np.asarray(Image.open(out).convert("RGB"), float)
    assert Image.open(out).mode == "RGB"
    fused = 255 * fusion.fuse(fusion.load("Weighted Averaging"), pair)
    luma = shown @ [0.2989, 0.5870, 0.1140]
    inside = (shown > 0).all(axis=2) & (shown < 255).all(axis=2)
    assert inside.sum() > 5000
    assert np.abs(luma - fused)[inside].max() < 1
    kept = pair.second_color[..., 0].astype(float) - pair.second_color[..., 2]
    assert np.abs(shown[..., 0] - shown[..., 2] - kept)[inside].max() <= 1


def test_fuse_keeps_the_colours_of_visible_light(tmp_path):
    out = tmp_path / "fused.png"
    assert main(["fuse", "--method", "weightedaveraging", "--nightscene", "2", "--color", "--out", str(out)]) == 0
    pair = fusion.nightscene(2)
    expected = fusion.recolor(fusion.fuse(fusion.load("Weighted Averaging"), pair), pair.first_color)
    np.testing.assert_array_equal(np.asarray(Image.open(out)), expected)


def test_fuse_refuses_what_it_cannot_use(data, tmp_path, capsys):
    out = ["--out", tmp_path / "y.png"]
    mri = data / "mri" / "1001.png"
    averaging = ["fuse", "--method", "weighted averaging"]
    assert "is grey" in refused(capsys, *averaging, "--first", mri, "--second", mri, "--color", *out)
    assert "Name a pair" in refused(capsys, *averaging, *out)
    assert "Name a pair" in refused(capsys, *averaging, "--first", mri, *out)
    assert "Name a pair" in refused(capsys, *averaging, "--phantom", 1, "--first", mri, *out)
    assert "Name a pair" in refused(capsys, *averaging, "--phantom", 1, "--nightscene", 1, *out)
    assert "no.png" in refused(capsys, *averaging, "--first", mri, "--second", tmp_path / "no.png", *out)
    assert "end in .png" in refused(capsys, *averaging, "--phantom", 1, "--out", tmp_path / "y.jpg")
    assert "make it first" in refused(capsys, *averaging, "--phantom", 1, "--out", tmp_path / "no" / "y.png")
    assert "must be 0 or more" in refused(capsys, *averaging, "--phantom", -1, *out)
    assert "choose one of: MaskNet" in refused(capsys, "fuse", "--method", "masket", "--phantom", 1, *out)
    not_there = ["fuse", "--method", "masknet", "--phantom", 1, "--checkpoints", tmp_path]
    assert "MaskNet is not installed" in refused(capsys, *not_there, *out)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["paint"], ["fuse"], ["train", "--method"]], ids=str)
def test_words_that_argparse_refuses_are_one_line(arguments, capsys):
    assert "--help" in refused(capsys, *arguments)


@pytest.mark.parametrize("word", ["fuse", "train", "evaluate", "study"])
def test_help_tells_every_flag_and_no_absent_default(word, capsys):
    with pytest.raises(SystemExit) as caught:
        main([word, "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "default: None" not in text
    flags = [line.split()[0] for line in text.splitlines() if line.startswith("  --")]
    assert len(flags) >= 6


def test_the_module_runs_on_its_own(tmp_path):
    root = Path(fusion.__file__).parent.parent
    command = [
        sys.executable,
        "-m",
        "fusion",
        "fuse",
        "--method",
        "maskent",
        "--phantom",
        "1",
        "--out",
        str(tmp_path / "y.png"),
    ]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("python -m fusion: There is no fusion method called 'maskent'")
    assert ended.stderr.count("\n") == 1

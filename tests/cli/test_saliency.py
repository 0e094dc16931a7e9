"""``python -m saliency``: its files decoded and compared with what the functions return."""

import io
import re

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

import fusion
from fusion.method.checkpoints import load, save
from saliency import correlation, guidance, influence, jacobian
from saliency.__main__ import main
from saliency.cli import saliency_maps
from saliency.cli.map_figures import guidance_figure, jacobian_figure
from saliency.measures.display import scaled, shared_limit
from tests.support.networks import Lambda, minus_mean, network, random_pair

PHANTOM = ["--phantom", "7"]


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    save(network("DeepFuse"), fusion.find("DeepFuse"), {}, folder)
    return folder


def stands_in(monkeypatch, net):
    """Let ``net`` stand in for whatever network is asked for."""
    monkeypatch.setattr("fusion.cli.inputs.load_with_hash", lambda *_: (net, None))


def contents(path):
    with np.load(path, allow_pickle=False) as stored:
        return dict(stored)


def test_jacobian_writes_what_the_function_returns(checkpoints, tmp_path, capsys):
    out = tmp_path / "near.border"
    words = [
        "jacobian",
        "--method",
        "deepfuse",
        *PHANTOM,
        "--pixel",
        "5,100",
        "--gamma",
        "0.3",
        "--checkpoints",
        str(checkpoints),
        "--out",
        str(out),
    ]
    assert main(words) == 0
    J = jacobian(load("DeepFuse", checkpoints), fusion.phantom(7), (5, 100))
    stored = contents(tmp_path / "near.border.npz")
    np.testing.assert_array_equal(stored["first"], J.first)
    np.testing.assert_array_equal(stored["second"], J.second)
    assert stored["first"].dtype == np.float32
    assert stored["window"].tolist() == [0, 18, 88, 113]
    assert (stored["shape"].tolist(), stored["pixel"].tolist()) == ([256, 256], [5, 100])
    assert stored["fused"] == np.float32(J.fused)
    assert stored["method"] == "DeepFuse"
    assert stored["weights_sha256"] == fusion.card("DeepFuse", checkpoints)["sha256"]
    assert stored["pair_sha256"] == fusion.phantom(7).content_hash
    with Image.open(tmp_path / "near.border.png") as picture:
        assert picture.format == "PNG"
        assert np.asarray(picture.convert("L")).std() > 5
    printed = capsys.readouterr().out
    found = influence(J)
    for number in (
        f"{J.fused:.4f}",
        f"{J.second[5, 12]:+.4e}",
        f"{found.total_first:.4e}",
        f"{found.share_second:.1%}",
        f"{found.radius_first:.1f}",
        "MRI",
        "PET",
        " ms",
    ):
        assert number in printed


def test_guidance_writes_what_the_function_returns(tmp_path, capsys):
    """On a pair of files, by a method without weights: no hash of weights, no checkpoint needed."""
    pair_files = []
    for name, image in zip(("mri", "pet"), np.random.default_rng(0).integers(0, 256, (2, 23, 31)), strict=True):
        pair_files.append(str(tmp_path / f"{name}.png"))
        Image.fromarray(image.astype(np.uint8)).save(pair_files[-1])
    words = [
        "guidance",
        "--method",
        "weighted averaging",
        "--first",
        pair_files[0],
        "--second",
        pair_files[1],
        "--display",
        "magnitude",
        "--out",
        str(tmp_path / "own.png"),
    ]
    assert main(words) == 0
    net, pair = load("Weighted Averaging"), fusion.read_pair(*pair_files)
    G = guidance(net, pair)
    stored = contents(tmp_path / "own.npz")
    np.testing.assert_array_equal(stored["first"], G.first)
    np.testing.assert_array_equal(stored["second"], G.second)
    np.testing.assert_array_equal(stored["fused"], fusion.fuse(net, pair))
    assert (stored["weights_sha256"], stored["pair_sha256"]) == ("", pair.content_hash)
    assert stored["names"].tolist() == ["MRI", "PET"]
    assert Image.open(tmp_path / "own.png").size[0] > 500
    captured = capsys.readouterr()
    assert str(correlation(G.first, G.second)) in captured.out
    assert "1/1" in captured.err  # progress, pass by pass


def test_guidance_of_a_network_that_sees_everything_is_estimated_where_that_is_allowed(
    tmp_path, monkeypatch, capsys
):
    stands_in(monkeypatch, Lambda(minus_mean))
    monkeypatch.setattr(saliency_maps, "chosen_pair", lambda _: random_pair((20, 20)))
    words = ["guidance", "--method", "masknet", *PHANTOM, "--out", str(tmp_path / "g"), "--within", "5"]
    assert main(words) == 0
    stored, printed = contents(tmp_path / "g.npz"), capsys.readouterr()
    exact = guidance(Lambda(minus_mean), random_pair((20, 20)))
    assert 0 < np.abs(stored["first"] - exact.first).max() <= 3 * stored["error"]
    assert re.search(rf"estimated, ± {float(stored['error']):.2g} at \d+ pixels", printed.out)
    assert main(words[:-2]) == 0
    assert "error" not in contents(tmp_path / "g.npz")
    assert "--within 3 estimates it to 3 %" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["0", "-1", "101", "much", "nan"])
def test_an_error_that_cannot_be_allowed_is_refused(wrong, tmp_path, capsys):
    words = ["guidance", "--method", "masknet", *PHANTOM, "--out", str(tmp_path / "g"), "--within", wrong]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "give a number above 0 and up to 100" in capsys.readouterr().err


def test_a_network_that_yields_nan_is_said_and_drawn_so(tmp_path, monkeypatch, capsys):
    stands_in(monkeypatch, Lambda(lambda a, b: a * b * float("nan")))
    monkeypatch.setattr(saliency_maps, "chosen_pair", lambda _: random_pair((6, 7)))
    for word in (["jacobian", "--pixel", "1,2"], ["guidance"]):
        out = ["--out", str(tmp_path / word[0])]
        assert main([word[0], "--method", "Weighted Averaging", *PHANTOM, *word[1:], *out]) == 0
        assert np.isnan(contents(tmp_path / f"{word[0]}.npz")["first"]).all()
    printed = capsys.readouterr().out
    assert "y = nan" in printed
    assert "no slope here, no total, no share, no radius" in printed
    assert "Pearson undefined, Spearman undefined" in printed


def test_the_jacobian_figure_draws_both_images_on_one_scale():
    pair = random_pair((40, 30))
    J = jacobian(network("DeepFuse"), pair, (3, 20))
    for mode, gamma in (("signed", 1.0), ("magnitude", 0.3), ("fusevis", 2.0)):
        figure = jacobian_figure(J, pair, mode, gamma)
        first, second, bar = figure.axes
        limit = shared_limit(J.first, J.second, mode)
        for ax, values, name in ((first, J.first, pair.names[0]), (second, J.second, pair.names[1])):
            (drawn,) = ax.images
            np.testing.assert_array_equal(drawn.get_array(), scaled(values, limit, gamma, mode))
            assert drawn.get_clim() == ((-1 if mode == "signed" else 0), 1)
            assert drawn.get_extent() == [7.5, 29.5, 15.5, -0.5]
            assert name in ax.get_title()
        labels = [float(label.get_text()) for label in bar.get_yticklabels()]
        assert labels[-1] == pytest.approx(limit, rel=0.01)
        assert labels[2] == pytest.approx(0 if mode == "signed" else limit * 0.5 ** (1 / gamma), rel=0.01)


def test_the_drawn_pixels_have_the_colours_of_the_scale():
    """Decoded from the PNG: at each derivative's place, the colour map's colour for it."""
    pair = random_pair((40, 30))
    J = jacobian(network("DeepFuse"), pair, (20, 15))
    figure = jacobian_figure(J, pair, "signed", 0.5)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=saliency_maps.RESOLUTION)
    pixels = np.asarray(Image.open(buffer).convert("RGB")).astype(int)
    ax, limit = figure.axes[1], shared_limit(J.first, J.second)
    for row, col in [(9, 4), (12, 20), (30, 25), (25, 8)]:
        across, up = ax.transData.transform((col, row)) * saliency_maps.RESOLUTION / figure.dpi
        value = scaled(J.second[row - J.area.top, col - J.area.left], limit, 0.5)
        expected = np.array(mpl.colormaps["RdBu_r"]((value + 1) / 2, bytes=True))[:3].astype(int)
        assert np.abs(pixels[pixels.shape[0] - round(up), round(across)] - expected).max() <= 3


def test_the_guidance_figure_writes_both_correlations():
    pair = random_pair((12, 9))
    G = guidance(network("Weighted Averaging"), pair)
    fused = fusion.fuse(network("Weighted Averaging"), pair)
    figure = guidance_figure(G.first, G.second, fused, pair, "signed", 1.0)
    titles = [ax.get_title() for ax in figure.axes]
    assert str(correlation(G.first, G.second)) in titles
    points = next(ax for ax in figure.axes if ax.collections).collections[0].get_offsets()
    np.testing.assert_allclose(points, np.column_stack((G.first.ravel(), G.second.ravel())), rtol=1e-6)


BAD = {
    "pixel outside": ["--pixel", "256,0"],
    "negative pixel": ["--pixel=-1,0"],
    "no pixel": ["--pixel", "5"],
    "gamma": ["--gamma", "3"],
    "display": ["--display", "jet"],
    "method": ["--method", "MaskNit"],
    "not installed": ["--method", "MaskNet"],
    "two pairs": ["--first", "a.png"],
    "folder": ["--out", "nowhere/at/all/stem"],
    "no name": ["--out", "."],
    "folder above": ["--out", ".."],
    "empty name": ["--out", ""],
    "ending alone": ["--out", ".npz"],
    "seed": ["--phantom", "-1"],
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence_and_exit_code_2(bad, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [
        "jacobian",
        "--method",
        "Weighted Averaging",
        "--pixel",
        "1,2",
        *PHANTOM,
        "--checkpoints",
        str(tmp_path),
        "--out",
        "stem",
        *bad,
    ]
    try:
        code = main(words)
    except SystemExit as ended:
        code = ended.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.startswith("python -m saliency")
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_interruption_ends_with_130_and_writes_nothing(tmp_path, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(saliency_maps, "guidance_stream", interrupted)
    words = ["guidance", "--method", "Weighted Averaging", *PHANTOM, "--out", str(tmp_path / "stem")]
    assert main(words) == 130
    assert list(tmp_path.iterdir()) == []
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["jacobian", "guidance"])
def test_help_names_every_flag_and_both_files(word, capsys):
    with pytest.raises(SystemExit) as ended:
        main([word, "--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    for flag in (
        "--method",
        "--first",
        "--second",
        "--phantom",
        "--nightscene",
        "--display",
        "--gamma",
        "--checkpoints",
        "--out",
        "STEM.npz",
        "STEM.png",
    ):
        assert flag in printed


def test_a_global_network_is_said_so(tmp_path, monkeypatch, capsys):
    net = Lambda(minus_mean)
    stands_in(monkeypatch, net)
    words = [
        "jacobian",
        "--method",
        "Weighted Averaging",
        *PHANTOM,
        "--pixel",
        "1,2",
        "--out",
        str(tmp_path / "s"),
    ]
    assert main(words) == 0
    assert "whole image" in capsys.readouterr().err
    assert contents(tmp_path / "s.npz")["first"].shape == (256, 256)

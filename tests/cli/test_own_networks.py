"""``--network`` and ``--weights`` on every command line, and ``convert``: held against the functions they call."""

import csv
import hashlib

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

import fusion
from fusion.__main__ import main as run_fusion
from saliency import integrated_gradients, jacobian
from saliency.__main__ import main as run_saliency
from tests.support.own_networks import BLEND, written

PHANTOM = ["--phantom", "3"]


@pytest.fixture(autouse=True)
def weights(tmp_path, monkeypatch):
    """A folder with blend.py and weights for it, where the commands are run."""
    written(tmp_path, BLEND, 'name = "My blend"')
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(5)
    state = {
        name: torch.rand_like(value.float())
        for name, value in fusion.load("blend.py:Blend").network.state_dict().items()
    }
    torch.save(state, "w.pth")
    safetensors.torch.save_file(state, "w.safetensors")
    return tmp_path / "w.safetensors"


OWN = ["--network", "blend.py:Blend", "--weights", "w.safetensors"]


def own():
    return fusion.load("blend.py:Blend", weights="w.safetensors")


def contents(name):
    with np.load(name, allow_pickle=False) as stored:
        return dict(stored)


def test_fuse_takes_an_own_network(capsys):
    assert run_fusion(["fuse", *OWN, *PHANTOM, "--out", "y.png"]) == 0
    expected = np.rint(np.clip(fusion.fuse(own(), fusion.phantom(3)), 0, 1) * 255)
    np.testing.assert_array_equal(np.asarray(Image.open("y.png")), expected)
    assert "fused by My blend." in capsys.readouterr().out


def test_weights_may_stand_before_a_single_network(capsys):
    assert run_fusion(["fuse", *OWN[2:], *OWN[:2], *PHANTOM, "--out", "y.png"]) == 0


def test_jacobian_says_which_network_and_weights(weights, capsys):
    assert run_saliency(["jacobian", *OWN, *PHANTOM, "--pixel", "120,96", "--out", "spot"]) == 0
    stored, J = contents("spot.npz"), jacobian(own(), fusion.phantom(3), (120, 96))
    np.testing.assert_array_equal(stored["first"], J.first)
    assert stored["first"].shape == (3, 3)
    assert stored["method"] == "My blend"
    assert stored["weights_sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()


def test_guidance_takes_a_name_of_ones_own(capsys):
    named = ["--network", "blend.py:Blend=Other", *OWN[2:]]
    assert run_saliency(["guidance", *named, *PHANTOM, "--out", "map"]) == 0
    stored = contents("map.npz")
    assert stored["method"] == "Other"
    at = jacobian(own(), fusion.phantom(3), (120, 96))
    assert stored["first"][120, 96] == pytest.approx(at.first[1, 1], rel=1e-4)


def test_attribution_takes_an_own_network(capsys):
    assert run_saliency(["attribution", *OWN, *PHANTOM, "--pixel", "120,96", "--out", "why"]) == 0
    expected = integrated_gradients(own(), fusion.phantom(3), (120, 96))
    np.testing.assert_allclose(contents("why.npz")["second"], expected.second, rtol=1e-5, atol=1e-8)


def test_trust_takes_an_own_network(capsys):
    assert run_saliency(["trust", *OWN, *PHANTOM, "--pixel", "120,96"]) == 0
    assert capsys.readouterr().out.startswith("PASS: agrees with differences.")


def test_region_sets_own_networks_beside_methods(capsys):
    words = ["region", "--methods", "weighted-averaging", *OWN, "--network", "blend.py:Blend=Untrained", *PHANTOM]
    assert run_saliency([*words, "--disk", "120,96,2", "--out", "r.csv"]) == 0
    with open("r.csv", encoding="utf-8") as file:  # noqa: PTH123
        assert [row["network"] for row in csv.DictReader(file)] == ["Weighted Averaging", "My blend", "Untrained"]
    capsys.readouterr()
    assert run_saliency(["region", *OWN, *PHANTOM, "--disk", "120,96,2"]) == 0
    assert capsys.readouterr().out.startswith("My blend: 13 pixels")


def evaluated(*words):
    base = ["evaluate", "--phantoms", "1", "--metrics", "none", "--csv", "t.csv", "--checkpoints", "nowhere"]
    assert run_fusion([*base, *words]) == 0
    with open("t.csv", encoding="utf-8") as file:  # noqa: PTH123
        return {row["method"]: row for row in csv.DictReader(file) if row["row"] == "mean"}


RULES = ["copy of first", "copy of second", "mean", "maximum"]


def test_evaluate_runs_the_rules_and_what_is_named_only(capsys):
    assert list(evaluated("--methods", "weighted-averaging")) == [*RULES, "Weighted Averaging"]
    rows = evaluated("--methods", "weighted-averaging-frozen-weights", *OWN)
    assert list(rows) == [*RULES, "Weighted Averaging (frozen weights)", "My blend"]
    assert "What My blend learned from is not known" in capsys.readouterr().err
    pair = fusion.phantom(0)
    expected = ((pair.first - fusion.fuse(own(), pair)) ** 2).mean()
    assert float(rows["My blend"]["l2_first"]) == pytest.approx(expected, rel=1e-4)


def refused(run, capsys, *words):
    """The one line on stderr of a command that has to end with code 2."""
    try:
        code = run([str(word) for word in words])
    except SystemExit as ended:
        code = ended.code
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    (line,) = captured.err.strip().split("\n")
    return line


BAD = {
    "no network": ([], "one of the arguments --method --network is required"),
    "method and network": (["--method", "masknet", *OWN], "not allowed with argument --method"),
    "weights of a method": (["--method", "masknet", *OWN[2:]], "--weights belongs to a --network of your own"),
    "weights alone": (OWN[2:], "one of the arguments --method --network is required"),
    "two networks": ([*OWN, "--network", "blend.py:Blend=Other"], "Name one network"),
    "two weights": ([*OWN, "--weights", "w.pth"], "right after the --network that it belongs to"),
    "taken name": (["--network", "blend.py:Blend=mask net"], "There is a network called mask net already"),
    "comma": (["--network", "blend.py:Blend=a,b"], "cannot hold one"),
    "no class": (["--network", "blend.py"], "blend.py:Blend"),
    "no weights": ([*OWN[:3], "no.pth"], "There are no weights no.pth."),
    "nobody's": (["--network", "blend"], "There is no network called 'blend'; write file.py:Class"),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_used_is_one_line(words, said, capsys):
    assert said in refused(run_fusion, capsys, "fuse", *words, *PHANTOM, "--out", "y.png")
    assert said in refused(run_saliency, capsys, "trust", *words, *PHANTOM, "--pixel", "1,1")


def test_two_networks_of_one_name_are_refused(capsys):
    words = ["region", *OWN, *OWN, *PHANTOM, "--disk", "120,96,2"]
    assert "give yours another: --network blend.py:Blend=NAME" in refused(run_saliency, capsys, *words)
    assert "Name what to ask" in refused(run_saliency, capsys, "region", *PHANTOM, "--disk", "120,96,2")


def test_a_network_that_gives_a_tuple_is_one_line(tmp_path, capsys):
    code = BLEND.replace("return torch.sigmoid(", "return first, torch.sigmoid(")
    written(tmp_path, code, name="two")
    words = ["fuse", "--network", "two.py:Blend", *PHANTOM, "--out", "y.png"]
    assert "say in two.toml which is the fused image: output = 0 (1×1×256×256), output = 1" in refused(
        run_fusion, capsys, *words
    )
    written(tmp_path, code, "output = 1", "two")
    assert run_fusion(words) == 0


@pytest.mark.parametrize("word", [["jacobian", "--pixel", "1,1"], ["guidance"]], ids=str)
def test_a_network_that_alters_its_inputs_is_given_copies(word, tmp_path):
    for name, line in (("alters", "first -= 0.5"), ("keeps", "first = first - 0.5")):
        written(tmp_path, BLEND.replace("return torch", f"{line}\n        return torch"), name=name)
        words = [*word, "--network", f"{name}.py:Blend", "--weights", "w.safetensors", *PHANTOM, "--out", name]
        assert run_saliency(words) == 0
    altered, kept = contents("alters.npz"), contents("keeps.npz")
    for name in ("first", "second"):
        np.testing.assert_allclose(altered[name], kept[name], rtol=1e-5, atol=1e-6)  # one of them has a plan
    assert altered["pair_sha256"] == kept["pair_sha256"]


def test_convert_keeps_names_and_values(capsys):
    torch.save({"epoch": 2, "model": torch.load("w.pth"), "tied": [torch.ones(1)]}, "nested.pth")
    assert run_fusion(["convert", "--from", "w.pth", "--to", "plain.safetensors"]) == 0
    assert "plain.safetensors: 9 tensors" in capsys.readouterr().out
    plain, state = safetensors.torch.load_file("plain.safetensors"), torch.load("w.pth")
    assert plain.keys() == state.keys()
    assert all(torch.equal(plain[name], state[name]) for name in state)
    assert run_fusion(["convert", "--from", "nested.pth", "--to", "nested.safetensors"]) == 0
    nested = safetensors.torch.load_file("nested.safetensors")
    assert nested.keys() == {f"model.{name}" for name in state}
    words = ["fuse", "--network", "blend.py:Blend", "--weights", "nested.safetensors", *PHANTOM, "--out", "y.png"]
    capsys.readouterr()
    assert 'checkpoint_prefix = "model."' in refused(run_fusion, capsys, *words)


def test_convert_keeps_tensors_that_share_memory(capsys):
    shared = torch.arange(6.0)
    torch.save({"a": shared, "b": shared[2:], "c": shared.view(2, 3).T}, "tied.pth")
    assert run_fusion(["convert", "--from", "tied.pth", "--to", "tied.safetensors"]) == 0
    found = safetensors.torch.load_file("tied.safetensors")
    assert torch.equal(found["b"], shared[2:])
    assert torch.equal(found["c"], shared.view(2, 3).T)


def test_convert_refuses_what_it_cannot_read_or_write(capsys):
    torch.save(torch.nn.Conv2d(1, 1, 1), "whole.pth")
    torch.save({"epoch": 1}, "none.pth")
    words = ["convert", "--to", "x.safetensors", "--from"]
    assert "holds a whole network or another object" in refused(run_fusion, capsys, *words, "whole.pth")
    assert "holds no tensors" in refused(run_fusion, capsys, *words, "none.pth")
    assert "There are no weights no.pth" in refused(run_fusion, capsys, *words, "no.pth")
    assert "let --to end in .safetensors" in refused(
        run_fusion, capsys, "convert", "--from", "w.pth", "--to", "x.bin"
    )
    assert "make it first" in refused(run_fusion, capsys, "convert", "--from", "w.pth", "--to", "no/x.safetensors")

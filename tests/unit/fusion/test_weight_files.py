"""Weights that somebody brings: put in name by name; of whatever does not fit is told what mends it."""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

import fusion
from tests.support.own_networks import BLEND, refusal, written

CODE = "blend.py:Blend"


@pytest.fixture
def blend(tmp_path, monkeypatch):
    """A folder with blend.py, where a person stands; weights for it, all of them random."""
    written(tmp_path)
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(5)
    state = {
        name: torch.rand_like(value.float()) for name, value in fusion.load(CODE).network.state_dict().items()
    }
    state["features.1.num_batches_tracked"] = torch.tensor(7)
    return state


def save(content, name="w.pth"):
    if name.endswith(".safetensors"):
        safetensors.torch.save_file(content, name)
    else:
        torch.save(content, name)
    return name


def card(text):
    written(Path.cwd(), BLEND, text)


def check_holds(network, state):
    for name, value in network.network.state_dict().items():
        assert torch.equal(value, state[name]), name


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "w.pt"])
def test_weights_come_back_bit_for_bit_with_their_hash(name, blend, tmp_path):
    network, digest = fusion.load_with_hash(CODE, weights=save(blend, name))
    check_holds(network, blend)
    assert digest == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert not any(value.requires_grad for value in network.parameters())
    assert not any(part.training for part in network.modules())


def test_without_a_file_the_hash_is_of_the_weights_that_the_code_gives(blend):
    digests = [fusion.load_with_hash(CODE)[1] for _ in range(2)]
    written(
        Path.cwd(),
        BLEND.replace(
            "self.last =", "self.scale = nn.Parameter(torch.ones((), dtype=torch.bfloat16))\n        self.last ="
        ),
    )
    digests.append(fusion.load_with_hash(CODE)[1])
    written(Path.cwd(), BLEND.replace("self.last(self", "2 * self.last(self"))
    digests.append(fusion.load_with_hash(CODE)[1])
    assert digests[0] == digests[1] == digests[3] != digests[2]
    assert len(digests[2]) == 64


NESTED = {
    "prefix": (
        lambda w: {f"module.{name}": value for name, value in w.items()},
        ['checkpoint_prefix = "module."'],
    ),
    "key": (lambda w: {"epoch": 3, "model": w}, ['checkpoint_key = "model"']),
    "key beside another": (
        lambda w: {"optimizer": {"state": {0: {"step": torch.ones(1)}}}, "model": w},
        ['checkpoint_key = "model"'],
    ),
    "key and prefix": (
        lambda w: {"net": {f"module.{name}": value for name, value in w.items()}, "lr": 0.1},
        ['checkpoint_key = "net"', 'checkpoint_prefix = "module."'],
    ),
    "key of keys": (lambda w: {"state": {"fuser": w}}, ['checkpoint_key = "state.fuser"']),
    "part of a larger network": (
        lambda w: {**{f"fuser.{name}": value for name, value in w.items()}, "critic.weight": torch.ones(1)},
        ['checkpoint_prefix = "fuser."'],
    ),
}


@pytest.mark.parametrize(("wrap", "lines"), NESTED.values(), ids=NESTED)
def test_keys_and_prefixes_are_named_and_then_taken_from_the_card(wrap, lines, blend):
    save(wrap(blend))
    sentence = refusal(fusion.load, CODE, weights="w.pth")
    assert f"write {' and '.join(lines)} into blend.toml" in sentence
    card("\n".join(lines))
    check_holds(fusion.load(CODE, weights="w.pth"), blend)


def test_a_dictionary_for_each_part_is_one_network(blend):
    parts = {
        part: {name.removeprefix(f"{part}."): value for name, value in blend.items() if name.startswith(part)}
        for part in ("features", "last")
    }
    check_holds(fusion.load(CODE, weights=save(parts)), blend)


def test_a_key_or_a_prefix_that_is_not_there_is_refused(blend):
    save({"model": blend, "epoch": 1})
    card('checkpoint_key = "net"')
    assert 'no dictionary under checkpoint_key = "net" of blend.toml; it holds model, epoch.' in refusal(
        fusion.load, CODE, weights="w.pth"
    )
    card('checkpoint_key = "model"\ncheckpoint_prefix = "module."')
    assert 'begins with checkpoint_prefix = "module." of blend.toml; there are features.0.weight' in refusal(
        fusion.load, CODE, weights="w.pth"
    )


def altered(state, **changes):
    """The weights with some replaced or, given None, left out."""
    both = {**state, **{name.replace("__", "."): value for name, value in changes.items()}}
    return {name: value for name, value in both.items() if value is not None}


MISFITS = {
    "missing": ({"last__bias": None}, "it lacks last.bias;"),
    "unknown": ({"more__weight": torch.ones(1)}, "more.weight is not the network's;"),
    "both": (
        {"last__bias": None, "a": torch.ones(1), "b": torch.ones(1)},
        "it lacks last.bias and a, b are not the network's;",
    ),
    "shape": (
        {"last__weight": torch.ones(1, 5, 1, 1)},
        "last.weight is 1×5×1×1 in the file and 1×3×1×1 in the network",
    ),
    "not a number": ({"last__bias": torch.tensor([torch.nan])}, "values in last.bias that are not finite"),
    "infinite": ({"last__bias": torch.tensor([-torch.inf])}, "values in last.bias that are not finite"),
    "a buffer": ({"features__1__running_var": torch.full((3,), torch.nan)}, "values in features.1.running_var"),
}


@pytest.mark.parametrize(("changes", "said"), MISFITS.values(), ids=MISFITS)
@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
def test_names_shapes_and_values_are_checked(changes, said, name, blend):
    assert said in refusal(fusion.load, CODE, weights=save(altered(blend, **changes), name))


def test_arguments_of_the_constructor_mend_another_shape(blend):
    state = {name: torch.ones(value.shape) for name, value in _wide().state_dict().items()}
    save(state)
    assert refusal(fusion.load, CODE, weights="w.pth").endswith("under [arguments] in blend.toml.")
    card("[arguments]\nchannels = 6")
    check_holds(fusion.load(CODE, weights="w.pth"), state)


def _wide():
    space = {}
    exec(BLEND, space)
    return space["Blend"](6)


def test_what_batch_norm_counts_may_be_missing(blend):
    check = fusion.load(CODE, weights=save(altered(blend, features__1__num_batches_tracked=None)))
    assert torch.equal(check.network.last.bias, blend["last.bias"])


def test_an_infinite_mask_among_the_buffers_is_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = """
import torch
class Masked(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mask", torch.full((2,), float("-inf")))
    def forward(self, first, second):
        return first
"""
    written(tmp_path, code)
    save({"mask": torch.full((2,), -torch.inf)})
    fusion.load("blend.py:Masked", weights="w.pth")


class Runs:
    """Calls a function when it is read."""

    def __init__(self, function, *arguments):
        self.called = function, arguments

    def __reduce__(self):
        return self.called


def leave(marker):
    """What a file would have done."""
    marker.touch()


@pytest.mark.parametrize("is_zip", [True, False])
def test_what_lies_beside_the_weights_is_left_out_and_never_run(blend, tmp_path, is_zip):
    marker = tmp_path / "was_run"
    beside = {
        "args": argparse.Namespace(lr=1, out=Path("x")),
        "loss": np.float64(0.5),
        "losses": np.arange(3.0),
        "best": Runs(leave, marker),
    }
    torch.save({"model": blend, **beside}, "w.model", _use_new_zipfile_serialization=is_zip)
    card('checkpoint_key = "model"')
    check_holds(fusion.load(CODE, weights="w.model"), blend)
    assert not marker.exists()
    torch.load("w.model", weights_only=False)
    assert marker.exists()  # else the line above would show nothing


def test_a_file_that_runs_programs_or_is_a_whole_network_is_refused(blend, tmp_path):
    torch.save({**blend, "best": Runs(eval, "1 / 0")}, "w.pth")
    assert "and reading that could run code" in refusal(fusion.load, CODE, weights="w.pth")
    torch.save(nn.Conv2d(1, 1, 1), "whole.pth")
    assert "holds a whole network or another object" in refusal(fusion.load, CODE, weights="whole.pth")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("w.pth", b"no weights", "damaged"),
        ("w.pth", b"", "w.pth"),
        ("w.pth", b"PK\x03\x04 cut off", "w.pth"),
        ("w.safetensors", b"no weights", "damaged or no safetensors file"),
        ("w.txt", b"hello", "neither .safetensors nor written by torch.save"),
    ],
)
def test_a_damaged_file_is_one_sentence(name, content, said, blend, tmp_path):
    (tmp_path / name).write_bytes(content)
    assert said in refusal(fusion.load, CODE, weights=name)


def test_a_missing_file_and_one_that_is_no_dictionary_are_told(blend, tmp_path):
    assert refusal(fusion.load, CODE, weights="no.pth") == "There are no weights no.pth."
    (tmp_path / "folder.pth").mkdir()
    assert "cannot be read (Is a directory)" in refusal(fusion.load, CODE, weights="folder.pth")
    assert "holds a list, no dictionary" in refusal(fusion.load, CODE, weights=save([torch.ones(1)]))


def test_a_network_without_weights_takes_no_file(blend, tmp_path):
    written(tmp_path, "from torch import nn\nclass Plain(nn.Module):\n    forward = max\n", name="plain")
    assert "no weights of its own; leave w.pth out" in refusal(fusion.load, "plain.py:Plain", weights=save(blend))

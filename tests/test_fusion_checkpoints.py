"""Weights and cards: what is written is what is read, and nothing else is ever loaded."""

import hashlib
import json
import os

import pytest
import safetensors.torch
import torch

import fusion
from fusion.checkpoints import SHIPPED, card, load, save, write_whole
from fusion.errors import InputError
from fusion.registry import find

METHOD = find("DeepFuse")
SHIPPED_CARDS = sorted(SHIPPED.glob("*.json"))


@pytest.fixture
def stored(tmp_path):
    torch.manual_seed(0)
    network = METHOD.build()
    return network, save(network, METHOD, {"date": "2020-01-01"}, tmp_path)


def refusal(folder, name="DeepFuse"):
    with pytest.raises(InputError) as caught:
        load(name, folder)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_weights_come_back_bit_for_bit(stored):
    network, path = stored
    loaded = load("deepfuse", path.parent).state_dict()
    assert loaded.keys() == network.state_dict().keys()
    for name, value in network.state_dict().items():
        assert torch.equal(loaded[name], value), name
        assert loaded[name].dtype == value.dtype


def test_the_card_says_what_was_stored(stored):
    network, path = stored
    content = card("DeepFuse", path.parent)
    assert content["method"] == "DeepFuse"
    assert content["date"] == "2020-01-01"
    assert content["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert content["parameters"] == sum(value.numel() for value in network.parameters())


@pytest.mark.parametrize("where", [8, 3000, -1])
def test_one_flipped_bit_is_noticed(stored, where):
    _, path = stored
    data = bytearray(path.read_bytes())
    data[where] ^= 1
    path.write_bytes(data)
    assert "SHA-256 differs" in refusal(path.parent)


def test_missing_weights_are_named(stored):
    _, path = stored
    path.unlink()
    sentence = refusal(path.parent)
    assert "DeepFuse is not installed" in sentence
    assert str(path) in sentence


def test_a_missing_card_says_how_to_train(stored):
    _, path = stored
    path.with_suffix(".json").unlink()
    sentence = refusal(path.parent)
    assert "DeepFuse is not installed" in sentence
    assert "python -m fusion train --method deepfuse" in sentence


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'"sha256"', b'{"method": "DeepFuse"}', b"\xff\xfe\x00"])
def test_a_damaged_card_is_one_sentence(stored, text):
    _, path = stored
    path.with_suffix(".json").write_bytes(text)
    assert "is damaged" in refusal(path.parent)


def test_weights_of_another_network_are_refused_although_their_hash_fits(stored):
    _, path = stored
    data = safetensors.torch.save(find("MaskNet").build().state_dict())
    replace_weights(path, data)
    assert "do not fit DeepFuse" in refusal(path.parent)


def test_a_kernel_of_another_shape_is_refused(stored):
    network, path = stored
    state = network.state_dict()
    state["decoder.2.weight"] = torch.zeros(1, 16, 3, 3)
    replace_weights(path, safetensors.torch.save(state))
    assert "do not fit DeepFuse" in refusal(path.parent)


def test_a_file_that_is_no_safetensors_is_refused_although_its_hash_fits(stored):
    _, path = stored
    replace_weights(path, b"no weights at all")
    assert "do not fit DeepFuse" in refusal(path.parent)


def replace_weights(path, data):
    path.write_bytes(data)
    content = json.loads(path.with_suffix(".json").read_text("utf-8"))
    content["sha256"] = hashlib.sha256(data).hexdigest()
    path.with_suffix(".json").write_text(json.dumps(content), "utf-8")


def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    target = tmp_path / "weights"
    write_whole(target, b"old")

    def fail(*_):
        assert target.read_bytes() == b"old"
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_whole(target, b"new")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["weights"]  # noqa: PTH208  # hidden files too


def test_a_write_replaces_the_file_and_lets_others_read_it(tmp_path):
    target = tmp_path / "weights"
    write_whole(target, b"old")
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o644


def test_methods_without_training_need_no_files(tmp_path):
    assert list(load("weighted averaging", tmp_path).parameters()) == []


@pytest.mark.parametrize("path", SHIPPED_CARDS, ids=lambda path: path.stem)
def test_every_shipped_checkpoint_verifies_and_fuses(path):
    network = load(path.stem)
    content = card(path.stem)
    assert content["method"] == find(path.stem).name
    for part in ("data", "recipe", "final_losses", "date", "versions"):
        assert content[part], part
    for name, kept in content["data"]["kept_out"].items():
        assert not set(kept["cases"]) & set(content["data"]["training"][name]["cases"])
    fused = fusion.fuse(network, fusion.phantom(0, size=64))
    assert fused.shape == (64, 64)
    assert 0.05 < fused.std() < 1


def test_every_trained_method_is_shipped():
    wanted = {method.slug for method in fusion.methods().values() if method.trained}
    assert {path.stem for path in SHIPPED_CARDS} == wanted

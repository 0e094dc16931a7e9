"""Weights and cards: what is written is what is read, and nothing else is ever loaded."""

import hashlib
import json
import os
from pathlib import Path

import pytest
import safetensors.torch
import torch

import fusion
from fusion.errors import InputError
from fusion.evaluation.method_table import evaluate
from fusion.method.checkpoints import card, load, load_with_hash, save, write_whole
from fusion.method.registry import find
from fusion.method.rules import RULES
from fusion.shipped import SHIPPED

METHOD = find("DeepFuse")
NETWORKS = ("FunFuseAn", "MaskNet", "DeepFuse", "DeepPedestrian")
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


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_a_file_that_the_system_will_not_read_is_one_sentence(stored, suffix):
    _, path = stored
    path.with_suffix(suffix).unlink()
    path.with_suffix(suffix).mkdir()  # refused to everyone, root included
    sentence = refusal(path.parent)
    assert sentence == f"DeepFuse is not installed: {path.with_suffix(suffix)} cannot be read (Is a directory)."


def test_a_file_in_place_of_the_folder_is_no_installation(stored):
    _, path = stored
    assert "DeepFuse is not installed" in refusal(path)


def test_the_hash_is_that_of_the_weights_that_were_loaded(stored, monkeypatch):
    network, path = stored
    data, read = path.read_bytes(), Path.read_bytes

    def read_once(file):
        content = read(file)
        if file == path:
            file.write_bytes(b"replaced meanwhile")
        return content

    monkeypatch.setattr(Path, "read_bytes", read_once)
    loaded, digest = load_with_hash("DeepFuse", path.parent)
    assert digest == hashlib.sha256(data).hexdigest()
    assert torch.equal(next(loaded.parameters()), next(network.parameters()))


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


def test_a_write_replaces_the_file(tmp_path):
    target = tmp_path / "weights"
    write_whole(target, b"old")
    write_whole(target, b"new")
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_umask_says_who_may_read_what_is_written(umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "weights", b"data")
    finally:
        os.umask(before)
    assert (tmp_path / "weights").stat().st_mode & 0o777 == mode


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


def test_the_four_networks_of_the_paper_are_shipped():
    assert {find(name).slug for name in NETWORKS} <= {path.stem for path in SHIPPED_CARDS}


@pytest.mark.slow
def test_the_four_networks_beat_every_plain_rule_on_unseen_phantoms():
    plain = {**RULES, "Weighted Averaging": load("Weighted Averaging")}
    pairs = [fusion.phantom(seed) for seed in (1, 2)]  # those learned from have seeds from 1000 on
    table = evaluate("phantoms", pairs, {**plain, **{name: load(name) for name in NETWORKS}})
    sums = {row.name: row.mean("ssim_sum") for row in table.rows}
    best_plain = max(sums[name] for name in plain)
    assert {name: sums[name] for name in NETWORKS if sums[name] <= best_plain} == {}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused_though_their_card_matches(tmp_path, value):
    network = METHOD.build()
    with torch.no_grad():
        next(network.parameters()).view(-1)[0] = value
    save(network, METHOD, {}, tmp_path)
    assert "are not finite" in refusal(tmp_path)


@pytest.mark.parametrize("depth", [30, 900, 100_000])
def test_a_card_whose_entries_lie_too_deep_is_refused_in_a_sentence(stored, depth):
    _, path = stored
    content = json.loads(path.with_suffix(".json").read_text())
    text = json.dumps({**content, "deep": 0}).replace('"deep": 0', '"deep": ' + "[" * depth + "]" * depth)
    path.with_suffix(".json").write_text(text)
    assert "is damaged" in refusal(path.parent)


def test_a_card_with_a_word_for_a_number_is_refused_in_a_sentence(stored):
    _, path = stored
    content = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**content, "parameters": "many"}))
    assert "is damaged" in refusal(path.parent)

"""Promises 14 and 15: what is brought as a program or as weights."""

import hashlib
import json
import pickle

import pytest
import safetensors.torch
import torch

import fusion
from fusion import InputError
from fusion.method import checkpoints
from fusion.method.weight_files import read_weights
from tests.support.planted import Touches
from tests.support.signed_on import ORIGIN

# ---- 14: programs in files


class Scripted(torch.nn.Module):
    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        return first + second


def planted(canary, folder):
    """Files that run a program when they are loaded carelessly, by their name."""
    torch.save({"weights": Touches(canary)}, folder / "w.pth")
    torch.save({"weights": Touches(canary)}, folder / "old.pth", _use_new_zipfile_serialization=False)
    torch.jit.script(Scripted()).save(str(folder / "net.pt"))
    content = {each.name: each.read_bytes() for each in folder.iterdir()}
    return {**content, "w.pkl": pickle.dumps(Touches(canary)), "program.pt2": content["net.pt"]}


def test_promise_14_no_program_that_is_brought_is_run(site, tmp_path, capsys, measured):
    canary, folder = tmp_path / "canary", tmp_path / "planted"
    folder.mkdir()
    files = planted(canary, folder)
    pickle.loads(files["w.pkl"])
    assert canary.exists()  # else what follows would show nothing
    canary.unlink()
    anna, vera = site.client("anna"), site.client("vera")
    for name, content in files.items():
        for suffix in ("", ".png", ".dcm", ".nii.gz", ".tif"):
            paths = [f"{modality}/{name}{suffix}" for modality in ("mri", "pet")]
            told = {"number": 1, "files": [{"path": path, "size": len(content)} for path in paths]}
            assert vera.post("/drops", json=told, headers=ORIGIN).status_code == 403
            begun = anna.post("/drops", json=told, headers=ORIGIN)
            assert begun.status_code == 200
            words = {"drop": begun.json["drop"], "at": 0}
            anna.post("/drops/piece", query_string=words, data=2 * content, headers=ORIGIN)
            found = anna.post("/drops/pairs", query_string=words, headers=ORIGIN)
            if found.status_code == 200:  # it pairs by its names, and is read when it is opened
                opened = {"pair": f"drop-{begun.json['drop']}/1", "network": "Weighted Averaging"}
                found = anna.get("/explore/images", query_string=opened)
            assert found.status_code == 400, (name, suffix, found.get_data())
            anna.post("/drops/remove", query_string=words, headers=ORIGIN)
        words = {"pair": "cases/square", "name": f"{name}.png"}
        answer = anna.post("/regions/mask", query_string=words, data=content, headers=ORIGIN)
        assert answer.status_code == 400
    for name in ("w.pth", "old.pth", "net.pt"):
        with pytest.raises(InputError):
            read_weights(folder / name)  # as `fusevis convert` and a brought network do
    assert not canary.exists()
    measured(
        f"{len(files)} files under five endings, as pictures, volumes, masks and weights; the canary is absent"
    )


# ---- 15: checkpoints


def damaged(content):
    """A name for each damage, and the bytes."""
    length = int.from_bytes(content[:8], "little")
    places = {0, 3, 7, 8, 8 + length // 2, 7 + length, 8 + length, len(content) - 1}
    places |= set(range(8 + length, len(content), max(1, (len(content) - length) // 40)))
    for place in sorted(places):
        flipped = bytearray(content)
        flipped[place] ^= 1 << (place % 8)
        yield f"bit of byte {place}", bytes(flipped)
    for cut in (0, 1, 8, 8 + length, len(content) // 2, len(content) - 1):
        yield f"cut at {cut}", content[:cut]
    yield "one byte more", content + b"\0"


def test_promise_15_no_damaged_checkpoint_is_loaded(tmp_path, random_checkpoints, measured):
    name, count = "DeepFuse", 0
    for suffix in (".json", ".safetensors"):
        source = random_checkpoints / f"deepfuse{suffix}"
        (tmp_path / source.name).write_bytes(source.read_bytes())
    weights = tmp_path / "deepfuse.safetensors"
    whole = weights.read_bytes()
    fusion.load(name, tmp_path)
    for what, content in damaged(whole):
        weights.write_bytes(content)
        with pytest.raises(InputError) as refused:
            fusion.load(name, tmp_path)
        assert "\n" not in str(refused.value), what
        count += 1
    method = fusion.find(name)
    for value in (float("nan"), float("inf"), -float("inf")):
        network = method.build()
        with torch.no_grad():
            next(network.parameters()).view(-1)[0] = value
        checkpoints.save(network, method, {}, tmp_path)  # its card holds the right hash
        with pytest.raises(InputError, match="are not finite"):
            fusion.load(name, tmp_path)
        count += 1
    weights.write_bytes(whole)
    card = json.loads((tmp_path / "deepfuse.json").read_text())
    tensors = safetensors.torch.load(whole)
    first = next(iter(tensors))
    other = safetensors.torch.save({**tensors, first: tensors[first][..., :1].contiguous()})
    weights.write_bytes(other)
    (tmp_path / "deepfuse.json").write_text(json.dumps({**card, "sha256": hashlib.sha256(other).hexdigest()}))
    with pytest.raises(InputError):
        fusion.load(name, tmp_path)
    measured(f"{count + 1} damages, none accepted")

"""Reading ONNX files: hashed whole, weights from beside them alone, nothing but ONNX's own operators."""

import hashlib
import importlib
import struct
import sys

import onnx
import pytest
from onnx import TensorProto

import fusion
from fusion.method import onnx_file
from fusion.method.checkpoints import load_with_hash
from fusion.method.onnx_packages import onnx_packages
from tests.support.onnx_files import HALF, MEAN, assembled, exported, kept_apart, small, weight
from tests.support.own_networks import refusal

PAIR = fusion.phantom(2, size=64)


@pytest.fixture(autouse=True)
def _where(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_its_hash_is_the_files():
    path = assembled("net.onnx", MEAN, weights=[HALF])
    assert load_with_hash(str(path))[1] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_weights_may_lie_beside_it_and_count():
    path = assembled("net.onnx", MEAN, weights=[HALF])
    hashes = set()
    for value in (0.5, 0.25):
        kept_apart(path, "net.onnx.data", struct.pack("<f", value))
        network, digest = load_with_hash(str(path))
        assert (fusion.fuse(network, PAIR) == value * (PAIR.first + PAIR.second)).all()
        hashes.add(digest)
    assert len(hashes) == 2


@pytest.mark.parametrize("how", ["up", "absolute", "link", "empty"])
def test_weights_elsewhere_are_refused(how, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(struct.pack("<f", 0.5))
    (folder / "link").symlink_to(tmp_path / "secret")
    path = assembled(folder / "net.onnx", MEAN, weights=[HALF])
    kept_apart(path, {"up": "../secret", "absolute": str(tmp_path / "secret"), "link": "link", "empty": ""}[how])
    assert "net.onnx keeps weights outside of its folder" in refusal(fusion.load, str(path))


def test_weights_that_end_too_soon_are_refused():
    path = assembled("net.onnx", MEAN, weights=[HALF])
    kept_apart(path, "w.data", b"ab")
    assert refusal(fusion.load, str(path)) == "w.data is shorter than net.onnx says; export both anew."
    kept_apart(path, "gone.data")
    assert "gone.data cannot be read" in refusal(fusion.load, str(path))


def test_a_damaged_or_too_large_file_is_refused(tmp_path, monkeypatch):
    path = exported("net.onnx", small())
    whole = path.read_bytes()
    for data in (b"", b"no onnx at all", whole[: len(whole) // 2]):
        path.write_bytes(data)
        assert "net.onnx is damaged or no ONNX file (" in refusal(fusion.load, str(path))
    monkeypatch.setattr(onnx_file, "LARGEST", 2)
    assert "bring a smaller network" in refusal(fusion.load, str(path))
    assert refusal(fusion.load, "no.onnx").startswith("There is no file no.onnx;")


def test_a_branch_is_refused():
    branch = onnx.helper.make_graph([], "branch", [], [])
    path = assembled(
        "net.onnx",
        [(("If", ["yes"], ["y"]), {"then_branch": branch, "else_branch": branch})],
        weights=[weight("yes", True, TensorProto.BOOL)],
    )
    assert "branches or loops (If)" in refusal(fusion.load, str(path))


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime", "onnx2pytorch"])
def test_without_the_extra_it_is_said_what_to_install(missing, monkeypatch):
    path = assembled("net.onnx", MEAN, weights=[HALF])
    actual = importlib.import_module

    def imported(name, *rest):
        if name == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return actual(name, *rest)

    monkeypatch.setattr(importlib, "import_module", imported)
    said = (
        f"net.onnx needs packages that are not installed ({missing}); install them by pip install 'fusevis[onnx]'."
    )
    assert refusal(fusion.load, str(path)) == said


def test_the_stand_in_for_torchvision_is_gone_after_use():
    onnx_packages("")
    assert not any(type(module).__name__ == "_StandIn" for module in sys.modules.values())

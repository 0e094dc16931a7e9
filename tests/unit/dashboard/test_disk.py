"""Guidance on disk: what comes back is what was put there, or nothing."""

import ast
import os
import pickle
import stat
from pathlib import Path

import numpy as np
import pytest
from flask import Flask

import dashboard
from dashboard.cache.disk import FOLDER, GuidanceStore

ROOT = Path(__file__).resolve().parents[3]

KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def images():
    rng = np.random.default_rng(1)
    first, second = (rng.normal(size=(7, 5)).astype(np.float32) for _ in range(2))
    first[0, :4] = [-0.0, 3e38, -3e38, np.float32(1e-45)]  # what a text form or a float64 detour loses
    return first, second


@pytest.fixture
def store(tmp_path):
    return GuidanceStore(Flask("store"), tmp_path / "cache")


def test_undefined_and_infinite_derivatives_come_back_as_they_were_computed(store, images):
    images[1][2, 3:5] = np.nan, np.inf
    store.put(KEY, images)
    for kept, computed in zip(store.get(KEY), images, strict=True):
        np.testing.assert_array_equal(kept, computed)


def files(store_folder):
    return [path for path in store_folder.iterdir() if path.is_file()]


def file_of(store, folder, key, images):
    """The file that appears when ``key`` is put."""
    before = set(files(folder))
    store.put(key, images)
    (new,) = [path for path in set(files(folder)) - before if path.stat().st_size > 100]
    return new


def same(found, images):
    return all(
        one.dtype == np.float32 and one.shape == two.shape and one.tobytes() == two.tobytes()
        for one, two in zip(found, images, strict=True)
    )


def test_bits_survive_and_a_missing_key_is_none(store, images):
    assert store.get(KEY) is None
    store.put(KEY, images)
    assert same(store.get(KEY), images)
    assert store.get(OTHER) is None


def test_another_process_of_the_same_folder_finds_it(store, images, tmp_path):
    store.put(KEY, images)
    assert same(GuidanceStore(Flask("restarted"), tmp_path / "cache").get(KEY), images)


def test_no_flipped_bit_gives_other_pictures(store, images, tmp_path):
    path = file_of(store, tmp_path / "cache" / FOLDER, KEY, images)
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        found = store.get(KEY)
        assert found is None or same(found, images), f"bit {place % 8} of byte {place}"
        refused += found is None
    assert refused == len(whole)


@pytest.mark.parametrize("length", [0, 3, 4, 20, 36, 37, 100, -1])
def test_a_file_cut_off_is_as_if_it_were_not_there(store, images, tmp_path, length):
    path = file_of(store, tmp_path / "cache" / FOLDER, KEY, images)
    path.write_bytes(path.read_bytes()[:length])
    assert store.get(KEY) is None


class Trap:
    """What runs when this is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_planted_pickle_is_not_run(store, images, tmp_path):
    path = file_of(store, tmp_path / "cache" / FOLDER, KEY, images)
    for planted in (pickle.dumps(Trap(tmp_path / "run")), b"\0\0\0\0" + pickle.dumps(Trap(tmp_path / "run"))):
        path.write_bytes(planted)
        assert store.get(KEY) is None
    assert not (tmp_path / "run").exists()
    pickle.loads(planted[4:])  # the trap works: the assertion above can fail
    assert (tmp_path / "run").exists()


def test_a_file_put_in_anothers_place_is_not_shown(store, images, tmp_path):
    folder = tmp_path / "cache" / FOLDER
    mine = file_of(store, folder, KEY, images)
    others = file_of(store, folder, OTHER, (images[1], images[0]))
    others.write_bytes(mine.read_bytes())
    assert store.get(OTHER) is None
    assert same(store.get(KEY), images)


def test_only_the_owner_can_read_it(tmp_path, images):
    folder = tmp_path / "cache" / FOLDER
    folder.mkdir(parents=True)
    folder.chmod(0o777)  # left open by somebody
    GuidanceStore(Flask("store"), tmp_path / "cache").put(KEY, images)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    sealed = [*files(folder), tmp_path / "cache" / "seal.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in sealed} == {0o600}


@pytest.mark.parametrize("room", ["fusion", "saliency", "dashboard"])
def test_no_room_imports_pickle(room):
    assert Path(dashboard.__file__).parent == ROOT / "dashboard"
    for path in (ROOT / room).rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        loaders = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
        assert not {name.split(".")[0] for name in names} & loaders, path
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        restricted = [each for each in calls if "weights_only=True" in map(ast.unparse, each.keywords)]
        names = {ast.unparse(each.func) for each in calls if each not in restricted}
        # Code that somebody names on the command line is run in one place.
        runs_code = {"exec"} if path.name == "imported_code.py" else set()
        assert not names & {"torch.load", "torch.export.load", "eval", "exec"} - runs_code, path


def test_files_of_others_in_the_chosen_folder_are_left_alone(tmp_path):
    """The cache forgets old files beyond a number; what lies in the folder a person named is not its own."""
    for number in range(450):
        (tmp_path / f"{number}.txt").write_text("mine")
    tmp_path.chmod(0o755)
    store = GuidanceStore(Flask("store"), tmp_path)
    image = np.zeros((2, 3), dtype=np.float32)
    for number in range(3):
        store.put(str(number), (image, image))
    assert len(list(tmp_path.glob("*.txt"))) == 450
    assert tmp_path.stat().st_mode & 0o777 == 0o755

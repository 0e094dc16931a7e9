"""Dropped pictures: taken within limits, read as --pairs are, opened by who knows them, gone without a trace."""

import io
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from PIL import Image

import fusion
from dashboard.cache.disk import MEMORY_ONLY
from dashboard.cache.series_records import SeriesRecords
from dashboard.service.dropped_files import PIECE, DroppedFiles, ToldFile
from dashboard.service.dropped_names import safe_paths
from dashboard.service.dropped_pairs import UndeclaredError
from dashboard.service.drops import DropLimits, Drops
from dashboard.service.embedded_runner import EmbeddedRunner
from dashboard.service.private_folder import PREFIX, PrivateFolder
from dashboard.service.series_guidance import SeriesGuidance
from fusion import InputError
from tests.support.dropped import dropped, picture, sent
from tests.support.volumes import volume, write_nifti

ROOT = Path(__file__).resolve().parents[3]
PAIR = {"mri.png": picture(1), "pet.png": picture(2)}


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def gone():
    return []


@pytest.fixture
def drops(tmp_path, clock, gone):
    limits = DropLimits(files=6, size=40_000, drops=3, all_size=60_000, spare=0)
    found = Drops(limits, forgotten=gone.append, inside=tmp_path, clock=clock)
    yield found
    found.close()
    assert list(tmp_path.iterdir()) == []


def on_disk(folder):
    return {path.name for path in folder.rglob("*.png")}


def test_a_drop_is_a_pair_with_the_values_of_its_files(drops, tmp_path):
    found = dropped(drops, PAIR)
    (entry,) = found.entries
    assert (entry.group, entry.title, entry.names) == ("Dropped 1", "mri + pet", ("MRI", "PET"))
    assert "mri" not in entry.id
    pair = drops.entry(entry.id).open()
    assert np.array_equal(pair.first, _unit(PAIR["mri.png"]))
    assert np.array_equal(pair.second, _unit(PAIR["pet.png"]))


def _unit(content):
    levels = np.asarray(Image.open(io.BytesIO(content))).astype(float)
    return ((levels - levels.min()) / (levels.max() - levels.min())).astype(np.float32)


def test_a_dropped_folder_pairs_as_the_folder_itself(drops, tmp_path_factory):
    own_folder = tmp_path_factory.mktemp("own")
    names = ["mine/mri/1.png", "mine/mri/2.png", "mine/pet/001.png", "mine/pet/2.png", "mine/pet/3.png"]
    files = {name: picture(number) for number, name in enumerate(names)}
    for name, content in files.items():
        place = own_folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    own = fusion.read_collection(own_folder)
    found = dropped(drops, files)
    assert [(each.title, each.names) for each in found.entries] == [(each.title, each.names) for each in own]
    assert [each.group for each in found.entries] == ["Dropped 1 · mine"] * 2
    assert found.remarks == ("What was dropped: no partner for 1 pictures (3.png …).",)


def test_two_pictures_of_any_name_are_a_pair(drops):
    (entry,) = dropped(drops, {"later/b.png": picture(2), "a.png": picture(1)}).entries
    assert entry.title == "a + b"
    assert entry.names == ("a", "b")
    (entry,) = dropped(drops, {"pet/x.png": picture(2), "y.png": picture(1)}).entries
    assert entry.names == ("y", "PET")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.png": picture(1)}, "holds no pair of pictures: 1 picture"),
        ({"notes.txt": b"no picture"}, "no picture that can be read"),
        ({f"{name}.png": picture(1) for name in "abc"}, "3 pictures"),
    ],
)
def test_what_makes_no_pair_is_refused_without_our_folder_and_removed(drops, tmp_path, files, words):
    with pytest.raises(InputError, match=words) as refused:
        dropped(drops, files)
    assert str(tmp_path) not in str(refused.value)
    assert str(refused.value).startswith("What was dropped")
    assert not [path for path in tmp_path.rglob("*") if path.name in files]


def test_a_damaged_picture_is_told_by_its_own_name(drops, tmp_path):
    (entry,) = dropped(drops, {**PAIR, "pet.png": PAIR["pet.png"][:60]}).entries
    with pytest.raises(InputError, match=r"^pet\.png is damaged"):
        entry.open()


def test_volumes_without_a_common_space_are_paired_once_somebody_says_so(tmp_path, gone):
    for name, made in {"mri.nii": volume(1), "pet.nii": volume(2, "PET")}.items():
        write_nifti(made, tmp_path / "from" / name)
    files = {path.name: path.read_bytes() for path in (tmp_path / "from").iterdir()}
    drops = Drops(inside=tmp_path)
    secret = sent(drops, files)
    with pytest.raises(UndeclaredError, match="say so here"):
        drops.pairs(secret)
    entries = drops.pairs(secret, same_space=True).entries
    assert {entry.is_volume for entry in entries} == {True}
    assert {entry.case.rpartition(" ")[2] for entry in entries} == {"axial", "coronal", "sagittal"}
    assert entries[0].open().origin is not None
    drops.close()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "Nothing that can be read"),
        ([("a.png", 1)] * 7, "7 files were dropped, more than 6"),
        ([("a.png", 40_001)], "drop fewer, or start the dashboard with --pairs"),
    ],
)
def test_what_is_over_a_limit_is_refused_before_a_byte_comes(drops, tmp_path, files, words):
    with pytest.raises(InputError, match=words):
        drops.begin(1, files)
    assert list(tmp_path.iterdir()) == []


def test_no_more_is_held_than_there_is_room_for(drops, gone):
    first = dropped(drops, PAIR)
    drops.begin(2, [("a.png", 30_000)])
    with pytest.raises(InputError, match="no room"):
        drops.begin(3, [("a.png", 30_000)])
    drops.begin(3, [("a.png", 10)])
    with pytest.raises(InputError, match="no room"):
        drops.begin(4, [("a.png", 10)])
    drops.remove(first.entries[0].drop)
    drops.begin(4, [("a.png", 10)])


def test_no_drop_takes_the_last_of_the_disk(tmp_path):
    drops = Drops(DropLimits(spare=2**80), inside=tmp_path)
    with pytest.raises(InputError, match="no room"):
        drops.begin(1, [("a.png", 1)])


def test_a_secret_that_is_none_opens_and_fills_nothing(drops):
    (entry,) = dropped(drops, PAIR).entries
    assert drops.entries(["", "nought", entry.drop, entry.drop]) == (entry,)
    assert drops.entry("phantom-1") is None
    for other in ("drop-nought/1", f"drop-{entry.drop}/2", f"drop-{entry.drop}/0", f"drop-{entry.drop}/²"):
        with pytest.raises(InputError, match="not here any more"):
            drops.entry(other)
    with pytest.raises(InputError, match="not here any more"):
        drops.take("nought", 0, io.BytesIO(b"x"), 1)
    with pytest.raises(InputError, match="not here any more"):
        drops.pairs("nought")


def test_what_is_removed_is_gone_from_the_disk_and_told(drops, tmp_path, gone):
    (entry,) = dropped(drops, PAIR).entries
    assert on_disk(tmp_path) == set(PAIR)
    drops.remove(entry.drop)
    drops.remove(entry.drop)
    assert on_disk(tmp_path) == set()
    assert gone == [f"drop-{entry.drop}/"]


def test_it_lasts_for_hours_after_it_was_opened_last(drops, clock, tmp_path):
    (entry,) = dropped(drops, PAIR).entries
    clock.now += 0.9 * drops.limits.lasts
    assert drops.entry(entry.id) is entry
    clock.now += 0.9 * drops.limits.lasts
    drops.sweep()
    assert on_disk(tmp_path) == set(PAIR)
    clock.now += 0.2 * drops.limits.lasts
    drops.sweep()
    assert on_disk(tmp_path) == set()


def test_what_never_became_whole_is_removed_sooner(drops, clock, tmp_path):
    secret = drops.begin(1, [("a.png", 10), ("b.png", 10)])
    drops.take(secret, 0, io.BytesIO(b"12345678901"), 11)
    with pytest.raises(InputError, match="Not all files"):
        drops.pairs(secret)
    clock.now += 1.1 * drops.limits.waits
    drops.sweep()
    assert on_disk(tmp_path) == set()
    with pytest.raises(InputError, match="not here any more"):
        drops.take(secret, 11, io.BytesIO(b"2"), 1)


@pytest.mark.parametrize("step", [1, 3, 4, 100])
def test_one_stream_is_cut_into_files_by_their_sizes(tmp_path, step):
    contents = [b"", b"abc", b"", b"", b"defgh", b"i", b""]
    paths = safe_paths(f"f{number % 2}/{number}" for number in range(len(contents)))
    folder = tmp_path / "one" / "Dropped 1"
    folder.mkdir(parents=True)
    files = DroppedFiles(folder, [ToldFile(path, len(each)) for path, each in zip(paths, contents, strict=True)])
    whole = b"".join(contents)
    for at in range(0, len(whole), step):
        assert not files.is_complete
        part = whole[at : at + step]
        assert files.take(at, io.BytesIO(part), len(part)) == at + len(part)
    assert files.is_complete
    assert [(folder / path).read_bytes() for path in paths] == contents
    assert {stat.S_IMODE((folder / path).stat().st_mode) for path in paths} == {0o600}


def test_bytes_that_were_not_announced_are_not_written(tmp_path):
    folder = tmp_path / "one" / "Dropped 1"
    folder.mkdir(parents=True)
    files = DroppedFiles(folder, [ToldFile(path, 4) for path in safe_paths(["a", "b"])])
    files.take(0, io.BytesIO(b"123"), 3)
    for at, length in ((0, 1), (2, 1), (4, 1), (3, 6), (3, -1), (3, PIECE + 1)):
        with pytest.raises(InputError, match="not the next ones"):
            files.take(at, io.BytesIO(b"x" * 20), length)
    with pytest.raises(InputError, match="connection ended"):
        files.take(3, io.BytesIO(b"4"), 2)
    assert files.received == 4
    assert (folder / "a").read_bytes() == b"1234"
    files.remove()
    with pytest.raises(InputError, match="not the next ones"):
        files.take(4, io.BytesIO(b"5"), 1)
    assert not folder.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such rights there")
def test_nobody_else_may_look_into_the_folder(tmp_path):
    folder = PrivateFolder(tmp_path)
    assert stat.S_IMODE(folder.path().stat().st_mode) == 0o700
    assert folder.path().stat().st_uid == os.getuid()


@pytest.mark.skipif(sys.platform == "win32", reason="no lock tells there whether a server still runs")
def test_the_folder_of_a_killed_server_goes_and_that_of_a_running_one_stays(tmp_path):
    running = PrivateFolder(tmp_path)
    (running.path() / "picture.png").touch()
    code = (
        "import os; from pathlib import Path; from dashboard.service.private_folder import PrivateFolder; "
        f"folder = PrivateFolder(Path({str(tmp_path)!r})); (folder.path() / 'left.png').touch(); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 9
    assert on_disk(tmp_path) == {"picture.png", "left.png"}
    PrivateFolder(tmp_path)
    assert on_disk(tmp_path) == {"picture.png"}
    running.close()
    assert list(tmp_path.glob(f"{PREFIX}*")) == []


def test_nothing_computed_of_a_dropped_pair_is_written(fresh_service, settings, tmp_path):
    (entry,) = dropped(fresh_service.drops, PAIR).entries
    seen = fresh_service.open_pair(entry.id, "Weighted Averaging")
    plain = replace(seen, is_dropped=False)
    images = seen.pair.first, seen.pair.second
    fresh_service._kept_guidance.put(seen.key, images)
    assert fresh_service._kept_guidance.get(seen.key) is None
    fresh_service._kept_guidance.put(plain.key, images)
    assert fresh_service._kept_guidance.get(plain.key) is not None
    fresh_service.drops.remove(entry.drop)
    assert not fresh_service.catalogue.has(entry.id)
    assert not fresh_service.catalogue.is_open(entry.id)
    fresh_service.drops.close()


def test_a_dropped_series_is_seen_along_its_slices_and_none_of_it_is_computed_for_later(fresh_service, tmp_path):
    service = fresh_service
    series = SeriesGuidance(
        service, SeriesRecords(Flask("records"), tmp_path / "records"), EmbeddedRunner(service)
    )
    files = {f"{kind}/P1/{slice_}.png": picture(slice_) for kind in ("mri", "pet") for slice_ in (1, 2)}
    entries = dropped(service.drops, files).entries
    assert service.catalogue.slices(entries[1].id) == tuple(each.id for each in entries)
    pair = service.catalogue.read_aside(entries[0].id)
    assert service.open_aside(entries[0].id, pair, "DeepFuse").maps_key.startswith(MEMORY_ONLY)
    with pytest.raises(InputError, match="Nothing of what was dropped is kept"):
        series.start(entries[0].id, "DeepFuse")
    service.drops.close()

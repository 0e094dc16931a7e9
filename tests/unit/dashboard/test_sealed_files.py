"""The cache's files: sealed, bounded in number and bytes, and none the worse for what others do to the folder."""

import hashlib
import hmac
import os
import shutil
import stat
from dataclasses import replace

import pytest
from flask import Flask

from dashboard.cache import sealed_files
from dashboard.cache.disk import CACHES, checked_cache
from dashboard.cache.sealed_files import ABANDONED_AFTER, KEY_FILE, SealedFiles
from dashboard.cache.source_hash import source_hash
from tests.support.full_disks import remount, small_disk


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "own"


def cache(folder, entries=100, quota=10**6, version=""):
    return SealedFiles(folder, entries, quota, version)


def entry_files(folder):
    return sorted(folder.glob("*.sealed"))


def used_at(store, name, moment):
    os.utime(store._path(name), (moment, moment))


def test_what_was_set_is_got_until_it_is_deleted(folder):
    store = cache(folder)
    assert store.get("a") is None
    store.set("a", b"one")
    store.set("a", b"two")
    assert (store.get("a"), store.has("a")) == (b"two", True)
    store.delete("a")
    assert (store.get("a"), store.has("a")) == (None, False)


def test_a_forged_entry_with_a_fresh_checksum_is_not_believed(folder):
    store = cache(folder)
    store.set("a", b"true")
    (path,) = entry_files(folder)
    for seal in (hashlib.sha256(b"forged").digest(), hmac.new(b"guessed", b"forged", "sha256").digest(), b""):
        path.write_bytes(seal + b"forged")
        assert store.get("a") is None
        store.set("a", b"true")
    assert store.counts.refused == 3


def test_an_entry_of_another_name_or_of_other_code_is_not_believed(folder):
    first, second = cache(folder, version="1"), cache(folder, version="2")
    first.set("a", b"one")
    assert second.get("a") is None
    (path,) = entry_files(folder)
    shutil.copy(path, second._path("a"))
    shutil.copy(path, first._path("b"))
    assert second.get("a") is None
    assert first.get("b") is None
    assert first.get("a") == b"one"


def test_the_code_is_part_of_every_name(tmp_path, monkeypatch):
    server = Flask("cache")
    before = checked_cache(server, tmp_path / "own", "It")
    before.set("a", b"one")
    monkeypatch.setattr("dashboard.cache.disk.source_hash", lambda: "other code")
    assert checked_cache(server, tmp_path / "own", "It").get("a") is None
    assert len(source_hash()) == 64


def test_two_processes_share_a_key_that_only_the_owner_reads(folder):
    cache(folder).set("a", b"one")
    key = folder.parent / KEY_FILE
    key.chmod(0o644)  # left open by somebody
    assert cache(folder).get("a") == b"one"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_damaged_key_is_made_anew_and_nothing_old_is_believed(folder, content):
    cache(folder).set("a", b"one")
    (folder.parent / KEY_FILE).write_bytes(content)
    again = cache(folder)
    assert again.get("a") is None
    again.set("a", b"two")
    assert cache(folder).get("a") == b"two"


def test_bytes_are_bounded_and_the_longest_unused_go_first(folder):
    store = cache(folder, quota=4 * 1032)
    for moment, name in enumerate("abcd", 1):
        store.set(name, bytes(1000))
        used_at(store, name, moment)
    assert store.get("a") is not None  # used just now
    store.set("e", bytes(1000))
    assert [name for name in "abcde" if store.has(name)] == ["a", "d", "e"]
    assert store.counts.evictions == 2
    store.set("large", bytes(5000))  # more than all may take
    assert not store.has("large")


def test_their_number_is_bounded_too(folder):
    store = cache(folder, entries=10)
    for moment in range(25):
        store.set(str(moment), b"x")
        used_at(store, str(moment), moment + 1)
    assert len(entry_files(folder)) <= 10
    assert store.has("24")


def test_a_smaller_quota_counts_from_the_start(folder):
    store = cache(folder)
    for name in "abcd":
        store.set(name, bytes(1000))
    cache(folder, quota=2100)
    assert len(entry_files(folder)) == 1


def test_files_of_a_full_disk_are_removed_at_the_start_and_no_others(folder):
    store = cache(folder)
    store.set("a", b"one")
    abandoned, written = folder / "0123.part", folder / "4567.part"
    for path in (abandoned, written):
        path.write_bytes(b"half")
    long_ago = written.stat().st_mtime - 2 * ABANDONED_AFTER
    os.utime(abandoned, (long_ago, long_ago))
    assert cache(folder).get("a") == b"one"
    assert (abandoned.exists(), written.exists()) == (False, True)


def test_a_full_disk_costs_the_entry_alone(folder, monkeypatch, caplog):
    store = cache(folder)
    store.set("a", b"one")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sealed_files.SealedFiles, "_write", full)
    store.set("b", b"two")
    monkeypatch.undo()
    assert (store.get("a"), store.get("b")) == (b"one", None)
    assert store.counts.failures == 1
    assert "cannot be kept in the cache" in caplog.text
    assert list(folder.glob("*.part")) == []


def test_a_disk_that_is_read_only_costs_what_is_new_alone(tmp_path):
    """At the start, too: what was kept before is found."""
    with small_disk(tmp_path / "disk") as disk:
        cache(disk / "own").set("a", b"one")
        remount(disk, "ro")
        store = cache(disk / "own")
        store.set("b", b"two")
        store.delete("a")
        assert (store.get("a"), store.get("b")) == (b"one", None)
        assert store.counts.failures == 1


def test_a_deleted_folder_is_made_anew_with_its_key(folder):
    store = cache(folder)
    store.set("a", b"one")
    shutil.rmtree(folder.parent)
    assert store.get("a") is None
    store.set("a", b"two")
    assert store.get("a") == cache(folder).get("a") == b"two"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_it_counts_and_the_server_knows_its_caches(tmp_path):
    server = Flask("cache")
    store = checked_cache(server, tmp_path / "own", "It")
    store.get("a")
    store.set("a", b"one")
    store.get("a")
    assert server.extensions[CACHES] == {"own": store}
    assert store.counts == replace(store.counts, hits=1, misses=1, refused=0, evictions=0, failures=0)

"""Promises 21, 22 and 24: what may happen to the cache, and to what is dropped."""

import os
import pickle
import random
import shutil
from dataclasses import replace

import numpy as np
import pytest
from flask import Flask

from dashboard.app import JOBS, create_app
from dashboard.cache.disk import CACHES, FOLDER, GuidanceStore
from dashboard.server.messages import unpacked
from dashboard.service.drops import DropLimits, Drops
from fusion import InputError
from tests.support.dropped import dropped, picture
from tests.support.full_disks import fill, remount, small_disk
from tests.support.planted import Touches
from tests.support.waiting import until

KEY, OTHER = "a" * 64, "b" * 64
MUTATIONS = 10_000
VIEW = {"pair": "cases/wide", "network": "DeepFuse", "row": 20, "col": 31}


@pytest.fixture
def images():
    rng = np.random.default_rng(1)
    return tuple(rng.normal(size=(5, 4)).astype(np.float32) for _ in range(2))


def mutations(whole, other, canary):
    """A flipped bit at each place, then bytes set, cut, put in and planted, by chance."""
    chance = random.Random(21)
    for place in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << (place % 8)
        yield bytes(changed)
    planted = (pickle.dumps(Touches(canary)), other, b"", bytes(len(whole)), whole + b"\0", b"\0" + whole)
    while True:
        start, length = chance.randrange(len(whole)), chance.randrange(1, 40)
        piece = chance.randbytes(length)
        yield chance.choice(
            (
                whole[:start] + piece + whole[start + length :],
                whole[:start] + piece + whole[start:],
                whole[:start],
                whole[: chance.randrange(33)] + chance.choice(planted),
                chance.choice(planted),
            )
        )


def test_promise_21_no_changed_entry_is_shown_and_none_is_run(tmp_path, images, monkeypatch, measured):
    store, canary, count = GuidanceStore(Flask("store"), tmp_path), tmp_path / "canary", 0
    monkeypatch.setattr("dashboard.cache.sealed_files.logger.warning", lambda *_: None)
    store.put(OTHER, images)
    (file,) = (tmp_path / FOLDER).glob("*.sealed")
    other = file.read_bytes()
    file.unlink()
    store.put(KEY, images)
    (file,) = (tmp_path / FOLDER).glob("*.sealed")
    whole = file.read_bytes()
    for content in mutations(whole, other, canary):
        if content == whole:
            continue
        file.write_bytes(content)
        assert store.get(KEY) is None
        count += 1
        if count == MUTATIONS:
            break
    assert store._cache.counts.refused == MUTATIONS
    assert not canary.exists()
    file.write_bytes(whole)
    assert all(np.array_equal(*each) for each in zip(store.get(KEY), images, strict=True))
    measured(f"{MUTATIONS:,} changes of an entry of {len(whole)} bytes, {MUTATIONS:,} counted, none shown")


# ---- 22: the cache is gone, full, read only


def answered_right(client, expected=None):
    """Hovering, and guidance to its end: its bytes, which have to be the same each time."""
    pointed = client.get("/explore/jacobian", query_string=VIEW)
    assert pointed.status_code == 200

    def over():
        about, _ = unpacked(client.get("/explore/guidance", query_string={**VIEW, "have": 0}).get_data())
        assert not about["failure"]
        return 0 < about["total"] == about["done"]

    until(over)
    content = unpacked(client.get("/explore/guidance", query_string={**VIEW, "have": 0}).get_data())[1]
    found = {name: values.tobytes() for name, values in content.items()}
    assert expected in (None, found)
    return found


def degraded(client):
    return client.get("/ready").json["degraded"].get("cache", "")


@pytest.mark.slow
def test_promise_22_without_a_cache_everything_is_answered_and_told_and_it_mends_itself(
    settings, tmp_path, measured
):
    with small_disk(tmp_path / "disk") as disk:

        def started():
            app = create_app(replace(settings, cache=disk / "cache"))
            client = app.server.test_client()
            until(lambda: client.get("/networks/ready", query_string=VIEW).json["ready"])
            return app, client

        app, client = started()
        assert degraded(client) == ""
        everything = fill(disk)
        assert "No space left" in degraded(client)
        found = answered_right(client)  # computed, and not kept
        assert app.server.extensions[CACHES][FOLDER].counts.failures == 1
        app.server.extensions[JOBS].close()
        everything.unlink()
        app, client = started()
        assert degraded(client) == ""
        remount(disk, "ro")
        assert "Read-only" in degraded(client)
        answered_right(client, found)
        app.server.extensions[JOBS].close()
        remount(disk, "rw")
        app, client = started()
        shutil.rmtree(disk / "cache")
        assert "it is gone" in degraded(client)
        answered_right(client, found)
        kept = app.server.extensions[CACHES][FOLDER]
        until(lambda: kept.size().files == 1)  # made anew with what was computed
        app.server.extensions[JOBS].close()
        app, client = started()
        answered_right(client, found)
        assert app.server.extensions[CACHES][FOLDER].counts.hits
        app.server.extensions[JOBS].close()
    measured("full, read only and deleted: the same bytes each time, /ready says which, kept again afterwards")


# ---- 24: growth


def test_promise_24_cache_and_uploads_stay_bounded_and_what_is_in_use_stays(tmp_path, images, measured):
    room = GuidanceStore(Flask("first"), tmp_path / "first")
    room.put(f"{0:064}", images)
    quota = 20 * room._cache.size().bytes
    store = GuidanceStore(Flask("store"), tmp_path / "second", quota)
    files = store._cache
    for number in range(60):  # three times the quota
        store.put(f"{number:064}", images)
        os.utime(files._path(f"{number:064}"), (number + 1, number + 1))
        if number:
            assert store.get(f"{0:064}") is not None  # whoever looks at the first keeps it
            os.utime(files._path(f"{0:064}"), (number + 1, number + 1))
        assert files.size().bytes <= quota
    kept = [number for number in range(60) if files.has(f"{number:064}")]
    assert kept[0] == 0
    assert kept[1:] == list(range(kept[1], 60))  # the longest unused went first
    drops = Drops(limits=DropLimits(drops=3))
    pairs = [dropped(drops, {"mri/1.png": picture(2 * k), "pet/1.png": picture(2 * k + 1)}) for k in range(3)]
    assert pairs
    with pytest.raises(InputError):
        dropped(drops, {"mri/1.png": picture(1), "pet/1.png": picture(2)})
    drops.close()
    measured(f"60 entries into room for 20: {len(kept)} stay, the one in use among them")

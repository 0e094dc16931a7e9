"""A patient's series, a dashboard's service over it, and who computes what it hands out: it, or real workers."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

import dashboard.service.pair_checks as checks
from dashboard.cache.series_records import SeriesRecords
from dashboard.service.saliency_service import SaliencyService
from dashboard.service.series_guidance import SeriesGuidance
from dashboard.service.worker_runner import runner_of
from support.redis_server import redis_program, running_redis
from tests.support.agreed_checks import take_as_agreed
from tests.support.controlled_guidance import Control, work
from tests.support.forked_processes import ForkedProcess
from tests.support.volumes import volume, write_nifti
from tests.support.waiting import PATIENCE, until
from tests.support.worked_for import works_for

ROOT = Path(__file__).resolve().parents[2]
NETWORK = "DeepFuse"
MRI = volume(1, shape=(7, 11, 10), spacing=(3.0, 1.0, 1.0))
PET = volume(2, "PET", shape=(5, 6, 6), spacing=(3.0, 2.0, 2.0))
NAME = "study/P1 · axial/{}".format
EMPTY = ("1", "7")
"""Slices beyond the PET volume."""
FULL = ("4", "3", "5", "2", "6")
"""The others, outwards from the middle one."""


@contextmanager
def redis_or_skipped():
    """A Redis server of the test's own, which is skipped where there is none."""
    program = redis_program()
    if program is None:
        pytest.skip("Redis is not installed and could not be: `make broker` installs Debian's package.")
    with running_redis(program) as found:
        yield found


@contextmanager
def world_of_workers(settings, folder):
    """A world where jobs are handed out by a Redis server of its own."""
    with redis_or_skipped() as redis:
        found = JobWorld(settings, folder, redis)
        yield found
        found.end()


class JobWorld:
    """One cache and one folder of pairs.

    Parameters
    ----------
    settings : Settings
        What differs from them is set here.
    folder : Path
        Empty.
    redis : RedisServer or None
        Where jobs are handed out; None where the dashboard computes itself.
    """

    def __init__(self, settings, folder, redis=None):
        write_nifti(MRI, folder / "study" / "mri" / "P1.nii.gz")
        write_nifti(PET, folder / "study" / "pet" / "P1.nii.gz")
        (folder / "control").mkdir()
        self.redis, self.control, self.cache = redis, Control(folder / "control"), folder / "cache"
        self.settings = replace(
            settings,
            pairs=(folder / "study",),
            same_space=True,
            cache=self.cache,
            jobs=redis.address if redis else "",
        )
        self.workers, self.services = [], []

    def begin(self):
        """A start of the dashboard: its service and its series."""
        service = SaliencyService(self.settings, Flask("world"))
        self.services.append(service)
        take_as_agreed(service)
        service.network_pool.get(NETWORK)  # measured before a busy machine refuses to wait for it
        records = SeriesRecords(Flask("records"), self.cache)
        return service, SeriesGuidance(service, records, runner_of(service, Flask("runner"), self.settings))

    def employ(self, pairs=None, *, is_forked=True, count=1):
        """Start workers, as ``fusevis worker`` does; return the last when all live.

        One that is not forked has loaded everything itself, and its hashes have a seed of their own.
        """
        words = {
            "--jobs": self.redis.address,
            "--pairs": pairs or self.settings.pairs[0],
            "--cache": self.cache,
            "--checkpoints": self.settings.checkpoints,
        }
        told = [self.control.folder, "worker", "--same-space", *(each for pair in words.items() for each in pair)]
        told = list(map(str, told))
        begun = [ForkedProcess(work, told) if is_forked else _started(told) for _ in range(count)]
        self.workers += begun
        for each in begun:
            assert each.stdout.readline().startswith("The worker takes jobs")
        return begun[-1]

    def busy_worker(self):
        """The worker that began a slice last."""
        pid = until(self.control.begun)[-1][0]
        return next(each for each in self.workers if each.pid == pid)

    def end(self):
        """End whatever runs."""
        self.control.open()
        for service in self.services:
            service.jobs.close()
        for each in self.workers:
            each.kill()
            each.wait(timeout=PATIENCE)
            each.stdout.close()


def _started(words):
    command = [sys.executable, "-m", "tests.support.controlled_guidance", *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def over(series, number=4, network=NETWORK):
    """How the series of a slice ended."""
    return until(lambda: (found := series.progress(NAME(number), network)).is_over and found)


def kept(service, numbers=FULL, network=NETWORK):
    """Both guidance images of slices, as they are stored."""
    pairs = (service.open_pair(NAME(number), network) for number in numbers)
    return [[image.tobytes() for image in service.finished_guidance(each)] for each in pairs]


def controlled(monkeypatch, world):
    """Let the world's control hold what its services compute in this process, too."""
    plain = checks.guidance_stream

    def stream(network, pair, **words):
        is_controlled = works_for(each.jobs for each in world.services)
        yield from (world.control.stream if is_controlled else plain)(network, pair, **words)

    monkeypatch.setattr(checks, "guidance_stream", stream)

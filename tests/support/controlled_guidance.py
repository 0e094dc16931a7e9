"""Guidance that a test holds and counts by files in a folder, in whatever process it is computed.

    python -m tests.support.controlled_guidance FOLDER worker --jobs …

starts a worker whose guidance is controlled so; crops are taken to agree with whole images, as by `agreed_checks`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import dashboard.service.pair_checks as checks
from dashboard.cli.fusevis import main
from dashboard.service import saliency_service
from fusion import InputError
from tests.support.agreed_checks import AgreedChecks

FAILS = "It needs 9.0 GB, 2.0 are free."


class Control:
    """What is known of the guidance that was begun, and what is to happen to it."""

    def __init__(self, folder):
        self.folder = folder
        self._begun, self._shut, self._fails = (folder / name for name in ("begun", "shut", "fails"))
        self._begun.touch()

    def shut(self):
        """Let nothing be finished for now."""
        self._shut.touch()

    def open(self):
        """Let everything go on."""
        self._shut.unlink(missing_ok=True)

    def fail(self, slice_name):
        """Let slices of that name fail."""
        self._fails.write_text(slice_name, "utf-8")

    def begun(self):
        """The process and the slice of each computation that was begun, in order."""
        lines = (line.partition(" ") for line in self._begun.read_text("utf-8").splitlines())
        return [(int(pid), title.rpartition(" / ")[2]) for pid, _, title in lines]

    def slices(self):
        """The slices alone."""
        return [name for _, name in self.begun()]

    def stream(self, network, pair, **words):
        """Stands in for the stream of `saliency`."""
        file = os.open(self._begun, os.O_WRONLY | os.O_APPEND)
        os.write(file, f"{os.getpid()} {pair.title}\n".encode())
        os.close(file)
        for found in PLAIN(network, pair, **words):
            while self._shut.exists():
                time.sleep(0.01)
            if self._fails.exists() and pair.title.endswith(f"/ {self._fails.read_text('utf-8')}"):
                raise InputError(FAILS)
            yield found


PLAIN = checks.guidance_stream


def work(words):
    """Be that worker; how it ended."""
    checks.guidance_stream = Control(Path(words[0])).stream
    saliency_service.PairChecks = AgreedChecks
    return main(words[1:])


if __name__ == "__main__":
    sys.exit(work(sys.argv[1:]))

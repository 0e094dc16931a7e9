"""The process in which a network is examined: reads which one, writes what it finds, a line of JSON each.

Its standard output is kept for that: whatever somebody's code prints goes to standard error.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import IO

from fusion.errors import InputError
from fusion.method.checkpoints import load_with_hash
from fusion.method.own_loading import load_own
from fusion.method.own_network import OwnNetwork
from saliency.examination.finding import Examination, Finding, Outcome
from saliency.examination.measured_cost import resident
from saliency.examination.points import examined, not_done_after
from saliency.examination.subject import Subject

NICENESS = 5


def main() -> None:
    """Examine the network that a line of standard input names."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    words = os.fdopen(os.dup(sys.stdin.fileno()), encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())  # somebody's code may read it
    asked = json.loads(words.readline())
    Thread(target=_end_with, args=(words,), daemon=True).start()
    _limit_memory(asked["bytes"])
    try:
        subject = _loaded(asked)
    except InputError as error:
        logging.getLogger(__name__).info("refused", exc_info=True)
        rest = not_done_after("code", "Not asked, as this failed: code.")
        _say(out, Examination((Finding("code", Outcome.FAILED, str(error)), *rest)))
        return
    for examination in examined(subject):
        _say(out, examination)


def _end_with(words: IO[str]) -> None:
    """End this process when the one that asked is gone."""
    words.read()
    os._exit(1)


def _loaded(asked: dict[str, str]) -> Subject:
    if asked["method"]:
        network, weights = load_with_hash(asked["method"], Path(asked["checkpoints"]))
        return Subject(network, weights or "")
    brought = OwnNetwork(asked["code"], Path(asked["weights"]) if asked["weights"] else None)
    own, digest = load_own(brought)
    return Subject(own, digest or "")


def _limit_memory(most: int | None) -> None:
    """Let allocations fail beyond ``most`` bytes of data more than the process has now."""
    now = resident("VmData")
    if most is not None and now is not None:
        import resource  # there is none on Windows

        resource.setrlimit(resource.RLIMIT_DATA, (now + most, now + most))


def _say(out: IO[str], examination: Examination) -> None:
    out.write(json.dumps(asdict(examination)) + "\n")
    out.flush()

"""Dashboards in processes of their own, as a person starts them, or forked once all is loaded."""

import os
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

from dashboard.__main__ import main
from tests.support.forked_processes import ForkedProcess

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(port, cache, checkpoints, *more):
    """The dashboard as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard", *_words(port, cache, checkpoints), *more],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        # A shell's job in the background, and all it starts, would not hear of Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def forked(port, cache, checkpoints, *more):
    """The same by a process that need not load anything first, which takes seconds of a core."""
    return ForkedProcess(_served, [*_words(port, cache, checkpoints), *more], tells_errors=True)


def _words(port, cache, checkpoints):
    words = {"--port": port, "--cache": cache, "--checkpoints": checkpoints}
    return [str(each) for pair in words.items() for each in pair]


def _served(words):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return main(words)

"""Dashboards in processes of their own, as a person starts them."""

import os
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(port, cache, checkpoints, *more):
    """The dashboard as a process of its own."""
    words = {"--port": port, "--cache": cache, "--checkpoints": checkpoints}
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard", *(str(each) for pair in words.items() for each in pair), *more],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        # A shell's job in the background, and all it starts, would not hear of Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )

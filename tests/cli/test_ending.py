"""The end of the program amid a computation: no abort, and what was printed is there."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
COMPUTING = """
import threading, time, torch
from dashboard.server.ending import end_threads
torch.set_num_threads(1)
a = torch.rand(200, 200, requires_grad=True)
begun, is_enough = threading.Event(), threading.Event()
def compute():
    while not is_enough.is_set():
        (a @ a).sum().backward()
        begun.set()
threading.Thread(target=compute, daemon=True).start()
begun.wait()
print("printed")
"""
LATER = """
from dashboard.service.idle_timer import IdleTimer
IdleTimer(lambda: print("later"), seconds=3600).restart()
is_enough.set()
end_threads(within=3600)
print("after")
"""


@pytest.mark.parametrize(
    ("end", "after"),
    [
        ("end_threads(within=0.2)\nprint('after')", ""),
        ("is_enough.set()\nend_threads()\nprint('after')", "after\n"),
        (LATER, "after\n"),
    ],
    ids=["amid its work", "once it is enough", "before a timer"],
)
def test_a_thread_inside_torch_does_not_abort_the_program(end, after):
    ended = subprocess.run(
        [sys.executable, "-c", COMPUTING + end], cwd=ROOT, text=True, capture_output=True, timeout=PATIENCE
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "printed\n" + after, "")

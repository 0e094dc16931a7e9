"""Whether threads share the allocator's pools, asked of glibc itself in a process of its own."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from dashboard.server.memory import limit_arenas

ARENAS_OF_EIGHT_THREADS = """
import ctypes, sys, tempfile, threading
from dashboard.server.memory import limit_arenas
if len(sys.argv) > 1:
    assert limit_arenas(int(sys.argv[1]))
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
barrier = threading.Barrier(8)
def work():
    barrier.wait()
    libc.malloc(1000)
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(file.read().count(b"<heap nr="))
"""
"""How many pools there are after eight threads took memory at the same time."""


def arenas(*arguments: str) -> int:
    command = [sys.executable, "-c", ARENAS_OF_EIGHT_THREADS, *arguments]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="needs glibc")
def test_threads_share_as_many_arenas_as_were_allowed():
    assert arenas() > 2
    assert arenas("2") <= 2


def test_another_system_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert limit_arenas() is False

"""Whether threads share the allocator's pools, asked of glibc itself in a process of its own."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import threading

import pytest

from dashboard.server import memory
from dashboard.server.memory import limit_arenas, trim, trimmed
from tests.support.waiting import until

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


FREED = """
import ctypes
from pathlib import Path
from dashboard.server.memory import limit_arenas, trim
def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if "VmRSS" in line)
def take(count):
    return [ctypes.create_string_buffer(65536) for _ in range(count)]
blocks = take(2000)  # 128 MB in pieces that come from the pool
pin = take(1)
del blocks
before = resident()
assert trim()
print(before - resident())
"""
"""How many kB come back that were freed below a piece that is still in use."""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc")
def test_what_was_freed_goes_back_to_the_system():
    found = subprocess.run([sys.executable, "-c", FREED], check=True, capture_output=True, text=True)
    assert int(found.stdout) > 100_000


def test_unused_memory_is_given_back_again_and_again_until_the_end(monkeypatch):
    calls = []
    monkeypatch.setattr(memory, "trim", lambda: calls.append(None) or True)
    with trimmed(period=0.001):
        until(lambda: len(calls) >= 3)
    made = len(calls)
    assert not any(each.name == "memory" for each in threading.enumerate())
    assert len(calls) == made


def test_another_system_is_left_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert limit_arenas() is False
    assert trim() is False

"""A real Redis server for jobs: on this computer alone, on a port of its own, with nothing kept.

Run as a module: prints which one there is, or fails where there is none.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

HOST = "127.0.0.1"
PATIENCE = 300.0
"""Seconds until it answers, far above what it takes on a busy machine."""


def redis_program() -> str | None:
    """Path of an installed Redis server; None where there is none."""
    return shutil.which("redis-server")


class RedisServer:
    """A Redis server that can be stopped, frozen and started anew at the same address."""

    def __init__(self, program: str, folder: str) -> None:
        self._program, self._folder = program, folder
        with socket.create_server((HOST, 0)) as probe:
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """As ``--jobs`` takes it."""
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        """Start it, empty; return when it answers."""
        words = f"--bind {HOST} --port {self.port} --appendonly no --daemonize no --loglevel warning".split()
        command = [self._program, *words, "--save", "", "--dir", self._folder]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError("redis-server ended at its start.")
            try:
                with socket.create_connection((HOST, self.port), timeout=PATIENCE) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(16).startswith(b"+PONG"):
                        return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("redis-server does not answer.")

    def stop(self) -> None:
        """End it at once; all that it held is gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it take connections and answer none, as one behind a firewall."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it answer again; it holds what it held."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def running_redis(program: str) -> Iterator[RedisServer]:
    """A Redis server until the block ends."""
    with TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(program, folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


if __name__ == "__main__":
    path = redis_program()
    print(path or "redis-server is not installed.")
    sys.exit(0 if path else 1)

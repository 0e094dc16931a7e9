"""A real DICOM archive to hand files to: Orthanc, on this computer alone, with a folder that goes with it.

Run as a module: prints which one there is, or fails where there is none.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
PATIENCE = 300.0
"""Seconds until it answers, far above what it takes on a busy machine."""


def orthanc_program() -> str | None:
    """Path of an installed Orthanc; None where there is none."""
    return shutil.which("Orthanc")


class Archive:
    """A running Orthanc."""

    def __init__(self, port: int) -> None:
        self._port = port

    def store(self, content: bytes) -> str:
        """Hand over one DICOM file and return Orthanc's name for it."""
        answer: dict[str, str] = json.loads(self.asked("POST", "/instances", content))
        assert answer["Status"] == "Success", answer
        return answer["ID"]

    def tags(self, name: str) -> dict[str, Any]:
        """What Orthanc has understood of a file's header, by DICOM's keywords."""
        found: dict[str, Any] = json.loads(self.asked("GET", f"/instances/{name}/simplified-tags"))
        return found

    def asked(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The answer to one request."""
        connection = HTTPConnection(HOST, self._port, timeout=PATIENCE)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        assert response.status == 200, (path, response.status, content[:400])
        return content


@contextmanager
def running_orthanc(program: str, folder: Path) -> Iterator[Archive]:
    """Start ``program`` with everything it keeps in ``folder``; it listens on loopback and ends with the block."""
    port = _free_port()
    settings = {
        "Name": "fusevis-tests",
        "StorageDirectory": str(folder),
        "IndexDirectory": str(folder),
        "HttpPort": port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomServerEnabled": False,
        "Plugins": [],
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(settings), "utf-8")
    with (folder / "orthanc.log").open("wb") as log:
        process = subprocess.Popen([program, file], stdout=log, stderr=log, cwd=folder)
        try:
            archive = Archive(port)
            _wait(archive, process, folder)
            yield archive
        finally:
            process.terminate()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(archive: Archive, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError((folder / "orthanc.log").read_text("utf-8", "replace")[-2000:])
        try:
            archive.asked("GET", "/system")
        except (OSError, HTTPException):
            time.sleep(0.05)
        else:
            return
    raise AssertionError("Orthanc does not answer.")


if __name__ == "__main__":
    path = orthanc_program()
    print(path or "Orthanc is not installed.")
    sys.exit(0 if path else 1)

"""The audit: who did what when, as JSON lines each of which holds the hash of the one before.

A line that was changed, removed or put in is found by `verify`. Who can write the file can also write it anew from
there on, with the file of the last line beside it: keep a copy of that elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from dashboard.cache.file_lock import locked
from fusion import InputError

NOTHING = "0" * 64
"""What the first line has for the hash of the one before it."""
LONGEST_LINE = 2**14
"""Bytes."""


@dataclass(frozen=True)
class AuditEnd:
    """How far an audit goes: its lines, and the SHA-256 of the last one."""

    count: int = 0
    last: str = NOTHING


class AuditLog:
    """An audit that is appended to, by several threads and processes.

    Parameters
    ----------
    path : Path
        For its owner only; made with the first line, and beside it the file of the last line.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._turn = path, Lock()

    def write(self, user: str, action: str, outcome: str, **facts: Any) -> None:
        """Append a line; OSError where it cannot be kept. ``facts`` must name no patient, path or file."""
        with self._turn, locked(self.path) as file:
            end = _end_of(file)
            line = _line(end, {"user": user, "action": action, "outcome": outcome, **facts})
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
            _keep_end(self.path, AuditEnd(end.count + 1, _hash(line)))


def verify(path: Path) -> AuditEnd:
    """How far the audit goes, each line of which follows from the one before.

    Raises
    ------
    InputError
        A line was changed, removed or put in: the sentence says where.
    OSError
        The file cannot be read.
    """
    before = end = AuditEnd()
    for number, line in enumerate(lines(path), 1):
        if not _follows(line, end):
            raise InputError(
                f"Line {number:,} does not follow from what stands before it: it or the line before was "
                "changed, removed or put in. Compare with a copy that was kept elsewhere."
            )
        before, end = end, AuditEnd(number, _hash(line))
    kept = _kept_end(path)
    if kept and kept not in (end, before):  # a program may have been ended before it noted the last line
        raise InputError(
            f"The audit ends with line {end.count:,}, but once went to line {kept.count:,}, or its last line was "
            "another. Compare with a copy that was kept elsewhere."
        )
    return end


def lines(path: Path) -> Iterator[bytes]:
    """The lines of an audit, without what ends them."""
    with path.open("rb") as file:
        for line in file:
            yield line.removesuffix(b"\n")


def last_line_file(path: Path) -> Path:
    """Where it is kept how far an audit goes."""
    return path.with_name(f"{path.name}.last")


def _line(end: AuditEnd, facts: dict[str, Any]) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = json.dumps({"number": end.count + 1, "time": now, **facts, "before": end.last}, separators=(",", ":"))
    return line.encode()


def _follows(line: bytes, end: AuditEnd) -> bool:
    try:
        found = json.loads(line)
    except ValueError:
        return False
    if not isinstance(found, dict):
        return False
    return bool(found.get("before") == end.last and found.get("number") == end.count + 1)


def _end_of(file: BinaryIO) -> AuditEnd:
    """How far it goes now; a last line that was not written to its end is ended, and found by `verify`."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        return AuditEnd()
    file.seek(max(size - LONGEST_LINE, 0))
    content = file.read()
    if not content.endswith(b"\n"):
        file.write(b"\n")
    line = content.rstrip(b"\n").rpartition(b"\n")[2]
    try:
        number = int(json.loads(line)["number"])
    except (ValueError, TypeError, KeyError):  # it is broken, which whoever looks is told
        number = 0
    return AuditEnd(number, _hash(line))


def _keep_end(path: Path, end: AuditEnd) -> None:
    beside = last_line_file(path)
    part = beside.with_name(f"{beside.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"{end.count} {end.last}\n")
    part.replace(beside)


def _kept_end(path: Path) -> AuditEnd | None:
    try:
        count, last = last_line_file(path).read_text().split()
        return AuditEnd(int(count), last)
    except (OSError, ValueError):
        return None


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()

"""Which series are asked for and not finished, over a restart; the guidance itself tells what of them is done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from flask import Flask

from dashboard.cache.disk import checked_cache
from dashboard.cache.file_lock import locked

FOLDER = "series-guidance"
KEY = "open series"
"""Of the only entry, which is small."""
_Name = tuple[str, str, str]


@dataclass(frozen=True)
class SeriesRecord:
    """A series that is computed, or paused.

    Attributes
    ----------
    case : str
        Hash of what its case is called, as that may be a patient's name.
    changes : str
        What is changed of every pair of it, as `dashboard.service.pair_changes` writes it.
    network : str
    is_paused : bool
    done : int
        Slices that were finished when it was noted: what a paused one tells before it goes on.
    owners : sequence of str or None
        Who has started it; None where nobody signed on.
    """

    case: str
    changes: str
    network: str
    is_paused: bool
    done: int = 0
    owners: Sequence[str | None] = (None,)


class SeriesRecords:
    """The open series in a folder of their own, under a seal; several processes may have them there."""

    def __init__(self, server: Flask, folder: Path) -> None:
        self._cache = checked_cache(server, folder / FOLDER, "Which series are computed", is_of_code=False)
        self._lock = folder / f"{FOLDER}.lock"
        self._own: set[_Name] = set()

    def get(self) -> tuple[SeriesRecord, ...]:
        """All of them; none where nothing was kept, or by another version."""
        found = self._read()
        self._own = set(map(_name, found))
        return found

    def put(self, records: Sequence[SeriesRecord]) -> None:
        """Keep these in the place of those that were found or kept by this before; those of others stay."""
        with self._locked():
            own = set(map(_name, records))
            others = [each for each in self._read() if _name(each) not in self._own | own]
            self._own = own
            self._cache.set(KEY, json.dumps([asdict(each) for each in (*others, *records)]).encode())

    def _read(self) -> tuple[SeriesRecord, ...]:
        content = self._cache.get(KEY)
        try:
            found = [SeriesRecord(**each) for each in json.loads(content or b"[]")]
            return tuple(replace(each, owners=tuple(each.owners)) for each in found)
        except (ValueError, TypeError):
            return ()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone, where the folder can be written; where it cannot nothing is kept either."""
        with ExitStack() as stack:
            with suppress(OSError):
                stack.enter_context(locked(self._lock))
            yield


def _name(record: SeriesRecord) -> _Name:
    return record.case, record.changes, record.network

"""Reading headers and voxels in processes of their own: damaged files may take memory or time, or end a decoder.

What a process reads travels as files: float32 slices in a private temporary folder, whose names are gone as soon
as they are mapped.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Timer
from typing import Any

from fusion.errors import InputError

PROGRAM = "import sys; sys.path.insert(0, {path!r}); from fusion.data.volumes.reader_process import main; main()"
"""The same code as here, apart from what lies where a person is, which must not stand in for one of ours."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

Answer = dict[str, Any]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadingLimits:
    """What a process that reads volumes may take.

    Attributes
    ----------
    seconds : float
        Until its next word: the next header, the next slice.
    megabytes : int
        Of memory, everything it has loaded included.
    """

    seconds: float = 60.0
    megabytes: int = 900


class ReaderEndedError(Exception):
    """The process ended before its answer; holds the reason as the end of a sentence."""


class ReaderProcess:
    """One process that answers requests in turn; it starts with the first one and again after it ended."""

    def __init__(self, limits: ReadingLimits) -> None:
        self._limits = limits
        self._lock = Lock()
        self._process: subprocess.Popen[str] | None = None
        self._end: Callable[[], object] | None = None

    def answers(self, request: Mapping[str, object]) -> Generator[Answer]:
        """Each word of the answer, the last of which has ``end``. To be closed: others wait for that.

        Raises
        ------
        ReaderEndedError
            The process died, was too slow, or ran out of memory in a way that ended it.
        """
        with self._lock:
            process, is_over = self._running(), False
            try:
                self._send(process, request)
                while not is_over:
                    answer = self._heard(process)
                    is_over = "end" in answer
                    yield answer
            finally:
                if not is_over:  # what it has still to say is nobody's answer
                    self.close()

    def _send(self, process: subprocess.Popen[str], request: Mapping[str, object]) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps({**request, "megabytes": self._limits.megabytes}) + "\n")
            process.stdin.flush()
        except OSError as error:
            raise ReaderEndedError(_why(process.wait(), self._limits, is_late=False)) from error

    def _heard(self, process: subprocess.Popen[str]) -> Answer:
        assert process.stdout is not None
        with _Deadline(process, self._limits.seconds) as deadline:
            line = process.stdout.readline()
        if not line:
            raise ReaderEndedError(_why(process.wait(), self._limits, is_late=deadline.is_over))
        answer: Answer = json.loads(line)
        if "traceback" in answer:
            log.debug("a file could not be read:\n%s", answer["traceback"])
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = _started()
            self._end = weakref.finalize(self, _ended, self._process)
            try:
                self._heard(self._process)  # that it is ready
            except ReaderEndedError as error:
                told = "Volumes cannot be read: their process does not start; install what requirements.txt names."
                raise InputError(told) from error
        return self._process

    def close(self) -> None:
        """End the process, if there is one."""
        if self._end is not None:
            self._end()
        self._process = self._end = None


class VoxelReader:
    """Reads volumes for one search: slices one by one beside whole volumes, neither waiting for the other."""

    def __init__(self, limits: ReadingLimits | None = None) -> None:
        limits = limits or ReadingLimits()
        self._quick, self._whole = ReaderProcess(limits), ReaderProcess(limits)

    def headers(self, files: Sequence[Path]) -> Generator[tuple[Path, Answer]]:
        """What each file's header says, in the order given: its ``kind`` and more, ``refused``, or nothing."""
        done = 0
        while done < len(files):
            request = {"ask": "headers", "files": [os.fspath(file.absolute()) for file in files[done:]]}
            try:
                with closing(self._quick.answers(request)) as answers:
                    for answer in answers:
                        if "end" not in answer:
                            yield files[done], answer
                            done += 1
            except ReaderEndedError as error:
                log.debug("a process that reads volumes ended", exc_info=True)
                yield files[done], {"refused": f"{files[done]} cannot be read: {error}"}
                done += 1

    def voxels(
        self, source: Mapping[str, object], indices: Sequence[int], into: Path, *, is_whole: bool
    ) -> Generator[Answer]:
        """Write slices of a source, float32 (len(indices), rows, cols), into a .npy file, a word for each.

        To be closed, as others wait for that.

        Raises
        ------
        InputError
            The source is damaged, or too much for the limits; without the files' names, which callers put before.
        """
        process = self._whole if is_whole else self._quick
        request = {"ask": "voxels", "source": source, "indices": list(indices), "into": os.fspath(into)}
        try:
            with closing(process.answers(request)) as answers:
                for answer in answers:
                    if "refused" in answer:
                        raise InputError(answer["refused"])
                    yield answer
        except ReaderEndedError as error:
            raise InputError(f"It cannot be read: {error}") from error

    def close(self) -> None:
        """End both processes."""
        self._quick.close()
        self._whole.close()


def _started() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", PROGRAM.format(path=str(Path(__file__).resolve().parents[3]))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # decoders write files' names there
        text=True,
        encoding="utf-8",
        env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
    )


def _ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


class _Deadline:
    """Kills a process unless its block ends in time."""

    def __init__(self, process: subprocess.Popen[str], seconds: float) -> None:
        self.is_over = False
        self._process = process
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        self._process.kill()


def _why(code: int, limits: ReadingLimits, *, is_late: bool) -> str:
    if is_late:
        return f"its decoder did not answer for {limits.seconds:g} s; export it again, uncompressed."
    if code < 0:
        name = signal.Signals(-code).name
        return f"its decoder was ended by the system ({name}), as damaged files do; export it again, uncompressed."
    return "its decoder ended, as damaged files make it do; export it again, uncompressed."

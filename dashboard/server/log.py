"""The log: one line an event on standard error, as text or as JSON; nothing of a pair in it above debug level."""

from __future__ import annotations

import json
import logging
import platform
import sys
import time
import traceback
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any, TextIO

from dashboard.settings import Settings
from fusion import InputError
from fusion.shipped import VERSION

OURS = ("dashboard", "saliency", "fusion", "waitress", "websockets")
"""Whose lines are logged from the chosen level on; those of other libraries from warnings on."""
REPEATED_AFTER = 10.0
"""Seconds in which the same exception at the same place is logged once: a pointer asks many times a second …"""
MOST_ALIKE = 20
"""… and in which that many failures, and as many refusals, are logged of one place, whatever they say."""
PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""What every record has; the rest are the facts that a line was given."""
logger = logging.getLogger(__name__)


def configure(level: str = "info", as_json: bool = False, stream: TextIO | None = None) -> None:
    """Send the log to ``stream``, standard error unless told otherwise; replaces what was configured before.

    Parameters
    ----------
    level : str
        One of `dashboard.option_values.LOG_LEVELS`.
    as_json : bool
        Whether each line is a JSON object with its facts by name.
    """
    for handler in [each for each in logging.root.handlers if isinstance(each, _Handler)]:
        logging.root.removeHandler(handler)
    handler = _Handler(stream)
    handler.setFormatter(_JsonFormatter() if as_json else _TextFormatter())
    handler.addFilter(_calm)
    handler.addFilter(_Repeats())
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a request that waits a moment is no news
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # nor is one that no browser sends


def started(settings: Settings) -> None:
    """One line about a server that starts: where it listens and which versions run; no folder's name."""
    facts = {
        "version": VERSION,
        "python": platform.python_version(),
        "torch": version("torch"),
        "dash": version("dash"),
        "pairs_folders": len(settings.pairs),
    }
    told = ", ".join(f"{name} {value}" for name, value in facts.items())
    place = {"host": settings.host, "port": settings.port}
    logger.info("The dashboard starts on %s:%d: %s.", settings.host, settings.port, told, extra=place | facts)


def drained(begun: int, given_up: int) -> None:
    """One line about the end: how many requests had come by then, and how many of them were not answered."""
    answered = begun - given_up
    logger.info(
        "No new requests are taken; of %d that had come %d were answered, %d given up.",
        *(begun, answered, given_up),
        extra={"begun": begun, "answered": answered, "given_up": given_up},
    )


def stopped() -> None:
    """One line about a server that ends."""
    logger.info("The dashboard stops.")


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, to be told from those that others added."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__(stream)
        self._follows_stderr = stream is None

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; to whatever standard error is now, which may have been redirected and closed since."""
        if self._follows_stderr:
            self.stream = sys.stderr
        super().emit(record)


class _TextFormatter(logging.Formatter):
    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback of our own below it, whoever formats the record before or after."""
        record.exc_text = None
        line = super().format(record)
        record.exc_text = None
        return line

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """The traceback without what may name a pair or its files."""
        return traceback_of(ei[1])


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One JSON object: time, level, logger, message, the line's facts and its traceback."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in PLAIN}
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = traceback_of(record.exc_info[1])
        return json.dumps(line, default=str)


def traceback_of(error: BaseException) -> str:
    """Where an exception came from and what it says, the first cause first.

    What an `InputError` or an `OSError` says may name a pair or its files, and so may its causes and what came of
    it: where a chain has one of them, what any of it says is left out above debug level.
    """
    chain = list(_chain(error))
    is_told = logging.getLogger("dashboard").isEnabledFor(logging.DEBUG) or not any(
        isinstance(each, InputError | OSError) for each in chain
    )
    parts = []
    for each in reversed(chain):
        said = str(each) if is_told else "(what it says is logged at debug level)"
        frames = "".join(traceback.format_tb(each.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{type(each).__name__}: {said}")
    return "\n".join(parts)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _calm(record: logging.LogRecord) -> bool:
    """Browsers that come and go amid a handshake are no news."""
    if record.name.startswith("websockets") and record.levelno < logging.CRITICAL:
        return "handler failed" in record.getMessage() or logging.getLogger(record.name).isEnabledFor(
            logging.DEBUG
        )
    return True


class _Repeats(logging.Filter):
    """Leaves out an exception that was logged a moment ago, and most of many failures of one place."""

    def __init__(self) -> None:
        super().__init__()
        self._logged: dict[tuple[Any, ...], float] = {}
        self._alike: dict[tuple[Any, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be logged."""
        now = time.monotonic()
        error = record.exc_info[1] if record.exc_info else None
        if error is None and not hasattr(record, "status"):  # neither a failure nor a refusal
            return True
        return (error is None or self._is_new(record, error, now)) and self._is_rare(record, now)

    def _is_new(self, record: logging.LogRecord, error: BaseException, now: float) -> bool:
        self._logged = {key: at for key, at in self._logged.items() if now - at < REPEATED_AFTER}
        key = record.name, record.lineno, record.getMessage(), type(error), str(error)
        is_new = key not in self._logged
        if is_new:
            self._logged[key] = now
        return is_new

    def _is_rare(self, record: logging.LogRecord, now: float) -> bool:
        """Whether few like it were logged of late; the first one after a flood says how many were left out."""
        place = record.name, record.lineno, getattr(record, "route", "")
        since, count = self._alike.get(place, (now, 0))
        if now - since >= REPEATED_AFTER:
            if left_out := max(count - MOST_ALIKE, 0):
                record.msg, record.args = f"{record.getMessage()} ({left_out:,} more like it were left out.)", ()
            since, count = now, 0
        self._alike[place] = since, count + 1
        return count < MOST_ALIKE

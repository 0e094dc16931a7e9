"""The address of a Redis server that jobs are handed out by, and what is needed to speak with it."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urlsplit

from fusion.errors import InputError

SCHEMES = ("redis", "rediss")


def checked_address(given: str) -> str:
    """``given``, refused where it is no address of a Redis server, or the libraries for it are not installed.

    Raises
    ------
    InputError
        With what to do. The address, which may hold a password, does not stand there.

    Examples
    --------
    >>> checked_address("http://127.0.0.1")
    Traceback (most recent call last):
    fusion.errors.InputError: --jobs is the address of a Redis server such as redis://127.0.0.1:6379/0.
    """
    try:
        parts = urlsplit(given)
        is_address = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or not (parts.path.strip("/") or "0").isdecimal():
        raise InputError("--jobs is the address of a Redis server such as redis://127.0.0.1:6379/0.")
    if any(find_spec(name) is None for name in ("celery", "redis")):
        raise InputError("--jobs needs libraries that are not installed: pip install 'fusevis[jobs]'.")
    return given

"""Giving up a long computation in its midst, between two of torch's operations, forward or backward."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from torch.utils._python_dispatch import TorchDispatchMode

EVERY = 0.05
"""Seconds between two questions whether the result is still wanted."""


_Value = TypeVar("_Value")


class Interrupted(BaseException):
    """Nobody wants the result any more.

    No Exception: a network that catches those, or code that makes a sentence of them, has no part in it.
    """


@contextmanager
def interruptible(is_wanted: Callable[[], bool]) -> Iterator[None]:
    """Let what torch computes within the block end once ``is_wanted`` is False. Its values are the same.

    Raises
    ------
    Interrupted
        Then, from whatever is being computed.

    Examples
    --------
    >>> import torch
    >>> with interruptible(lambda: True):
    ...     torch.ones(2).sum().item()
    2.0
    """
    with _Interruption(is_wanted):
        yield


def interruptible_stream(
    start: Callable[[], Iterator[_Value]], is_wanted: Callable[[], bool]
) -> Callable[[], Iterator[_Value]]:
    """``start``, whose stream can end amid each of its values as by `interruptible`.

    Examples
    --------
    >>> list(interruptible_stream(lambda: iter((1, 2)), lambda: True)())
    [1, 2]
    """

    def parts() -> Iterator[_Value]:
        stream: Iterator[_Value] | None = None
        while True:
            # Around each part alone: left open between two, it would watch whatever its thread does there.
            with interruptible(is_wanted):
                stream = start() if stream is None else stream
                value = next(stream, _END)
            if value is _END:
                return
            yield cast("_Value", value)

    return parts


_END = object()


class _Interruption(TorchDispatchMode):
    def __init__(self, is_wanted: Callable[[], bool]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._is_wanted = is_wanted
        self._asked = 0.0

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401  # whatever the operation gives
        del types
        now = time.monotonic()
        if now - self._asked >= EVERY:
            self._asked = now
            if not self._is_wanted():
                raise Interrupted
        return func(*args, **(kwargs or {}))

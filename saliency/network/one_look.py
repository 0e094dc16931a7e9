"""One question is answered of the networks as they were when they were first looked at for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import nn

Looks = dict[nn.Module, object]
"""What each network was at the first look; see `saliency.network.network_look`."""

_looks: ContextVar[Looks | None] = ContextVar("looks", default=None)


@contextmanager
def one_look() -> Iterator[None]:
    """Within the block each network is compared at most once, by what is asked in this thread.

    Examples
    --------
    >>> from saliency.network.network_look import look
    >>> net = nn.Conv2d(1, 1, 3)
    >>> with one_look():
    ...     before = look(net)
    ...     _ = net.weight.data.mul_(2)
    ...     look(net) is before
    True
    >>> look(net) is before
    False
    """
    found = looks()
    with _set({} if found is None else found):
        yield


@contextmanager
def looking_each_time() -> Iterator[None]:
    """Within the block they are compared each time: what finds something out may change a network for a moment.

    It may run one, too, which notes something on itself: after it they are looked at anew.
    """
    found = looks()
    with _set(None):
        yield
    if found is not None:
        found.clear()


def looks() -> Looks | None:
    """What has been seen for the question that this thread answers; None outside `one_look`."""
    return _looks.get()


@contextmanager
def _set(found: Looks | None) -> Iterator[None]:
    token = _looks.set(found)
    try:
        yield
    finally:
        _looks.reset(token)

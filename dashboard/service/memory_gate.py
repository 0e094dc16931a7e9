"""One gate for the memory of whole images' graphs: what does not fit beside the rest waits, or is refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import TypeVar

from dashboard.service.fused_pair import FusedPair
from fusion import InputError
from saliency.network.graph_memory import available_bytes, graph_bytes
from saliency.network.interruption import interruptible_stream

SHARE = 0.9
"""The part of the available memory that graphs may take."""
PATIENCE = 20.0
"""Seconds that a request waits for others' memory."""
LEAST = 2**28
"""Bytes that need no admission: many networks take no more for a Jacobian."""

_Value = TypeVar("_Value")


class MemoryGate:
    """Admits computations that hold the graph of a whole image.

    Parameters
    ----------
    available : callable
        Bytes that can be taken now; None where nobody knows, and all are admitted.
    release : callable
        Gives back what is kept for later only; called before something is refused.
    """

    def __init__(
        self, available: Callable[[], int | None] = available_bytes, release: Callable[[], None] = lambda: None
    ) -> None:
        self._available, self._release = available, release
        self._held = 0
        self._changed = Condition()

    @property
    def held(self) -> int:
        """Bytes that are set aside now."""
        return self._held

    def room(self) -> float | None:
        """Bytes that can be set aside beside those; None where nobody knows what is free."""
        free = self._available()
        return None if free is None else max(SHARE * free - self._held, 0.0)

    @contextmanager
    def admitted(self, fused_pair: FusedPair, patience: float = 0.0, times: float = 1.0) -> Iterator[None]:
        """Within the block the memory for a Jacobian of ``fused_pair`` is set aside, ``times`` over.

        Raises
        ------
        InputError
            It does not fit, or not within ``patience`` seconds beside what others compute.
        """
        with self.set_aside(int(times * _needed(fused_pair)), fused_pair.loaded.name, patience):
            yield

    @contextmanager
    def set_aside(self, needed: int, name: str, patience: float = 0.0, note: str = "") -> Iterator[None]:
        """Within the block so many bytes are set aside for the network ``name``; refused as by `admitted`.

        ``note`` says what for, in a refusal.
        """
        self._take(needed, name, patience, note)
        try:
            yield
        finally:
            with self._changed:
                self._held -= needed
                self._changed.notify_all()

    def stream(
        self,
        start: Callable[[], Iterator[_Value]],
        fused_pair: FusedPair,
        is_wanted: Callable[[], bool],
        times: float = 1.0,
    ) -> Callable[[], Iterator[_Value]]:
        """``start``, admitted while its stream lives; nothing waits in the queue's thread.

        What is computed on the whole image ends amid a part once ``is_wanted`` is False; its memory is free then.
        """

        def admitted() -> Iterator[_Value]:
            with self.admitted(fused_pair, times=times):
                yield from (interruptible_stream(start, is_wanted) if fused_pair.is_whole else start)()

        return admitted

    def _take(self, needed: int, name: str, patience: float, note: str = "") -> None:
        deadline = time.monotonic() + patience
        if not self._fits(needed):
            self._release()
        with self._changed:
            while not self._fits(needed):
                left = deadline - time.monotonic()
                if left <= 0 or not self._held:
                    raise InputError(self._refusal(needed, name, note))
                self._changed.wait(left)
            self._held += needed

    def _fits(self, needed: int) -> bool:
        free = self._available()
        # What is held counts in full: how much of it has been taken already nobody knows.
        return needed <= LEAST or free is None or needed + self._held <= SHARE * free

    def _refusal(self, needed: int, name: str, note: str) -> str:
        free = self.room() or 0
        beside = "; another view of the whole image is being computed, try again after it" if self._held else ""
        why = "" if note else "looks at the whole image and "
        return (
            f"{name} {why}needs {needed / 2**30:.1f} GB for this pair{note}, {free / 2**30:.1f} are free{beside}."
        )


def _needed(fused_pair: FusedPair) -> int:
    """Bytes for one Jacobian; none for what is computed on crops."""
    return graph_bytes(fused_pair.loaded.network, fused_pair.pair.shape) if fused_pair.is_whole else 0

"""What somebody's code may set for the whole program as it is imported or run, and the way back."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch


def _set_device(device: torch.device) -> None:
    """None is torch's own state, and costs nothing; naming the CPU looks at every call."""
    torch.set_default_device(None if device.type == "cpu" else device)


SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_default_device, _set_device),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms),
    (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
)
"""What a file may set for the whole program, with the way to set it back."""


@contextmanager
def settings_kept() -> Iterator[None]:
    """Undo what code sets for torch as a whole, such as its number of threads; takes some microseconds.

    Examples
    --------
    >>> with settings_kept():
    ...     torch.set_default_dtype(torch.float64)
    >>> torch.get_default_dtype()
    torch.float32
    """
    before = [get() for get, _ in SETTINGS]
    try:
        yield
    finally:
        for (get, restore), value in zip(SETTINGS, before, strict=True):
            if get() != value:
                restore(value)


@contextmanager
def program_kept() -> Iterator[None]:
    """Undo what code sets for torch as a whole; random weights are the same each time.

    It finds no command line: training scripts read theirs as they are imported, and would take ours for it.
    """
    arguments = sys.argv
    try:
        sys.argv = arguments[:1]
        with settings_kept(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            yield
    finally:
        sys.argv = arguments

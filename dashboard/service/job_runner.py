"""Who computes what no page waits for of slices: this process, or workers elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dashboard.jobs.slice_order import SliceWork


@dataclass(frozen=True)
class SliceJob:
    """The guidance of a slice, or its figures for a cohort.

    Attributes
    ----------
    slice_id, network : str
    key : str
        Under which it is kept, where somebody else has said so: then it has to come out the same here. Figures
        have one always.
    work : SliceWork
        What is computed; figures by runners alone that hand jobs out.
    """

    slice_id: str
    network: str
    key: str = ""
    work: SliceWork = SliceWork.GUIDANCE


@dataclass(frozen=True)
class SliceStanding:
    """How far a slice's job is.

    Attributes
    ----------
    is_done, was_there : bool
        Whether it is stored, and whether it was before anybody computed it here.
    left : float or None
        Seconds that it still takes; None where nothing tells that.
    """

    is_done: bool = False
    was_there: bool = False
    left: float | None = None


class JobRunner(Protocol):
    """What hands out jobs. One thread asks; whatever else is called by others never waits."""

    @property
    def hands_out(self) -> bool:
        """Whether others than this process compute."""
        ...

    @property
    def said(self) -> str:
        """What pages are to say of it, in a sentence; empty where all is well."""
        ...

    def at_once(self, network: str) -> int:
        """How many slices through a network are worth asking for at a time."""
        ...

    def ask(self, job: SliceJob) -> SliceStanding:
        """How far it is, begun where nobody has; who asks no more gives it up.

        Raises
        ------
        InputError
            It cannot be had.
        """
        ...

    def leave(self, job: SliceJob) -> None:
        """Nobody wants it any more."""
        ...

    def rest(self, jobs: Sequence[SliceJob]) -> None:
        """Return when more may be known of one of them, at most after a second."""
        ...

"""What else one pixel can answer: where it goes, what a nudge does, what to trust, who leads, other methods."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dashboard.components.choices import ChoiceParser, flag, one_of
from dashboard.components.url_state import State
from dashboard.jobs.job import JobKind, JobState, Task
from dashboard.pages.verdict.all_pixel_sums import AllPixelSums, all_pixel_sums_stream
from dashboard.service.fused_pair import FusedPair
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, InputError
from saliency import Attribution, Check, Column, Jacobian
from saliency.attribution.integrated_gradients import integrated_gradients_stream
from saliency.attribution.local_attribution import local_attribution_stream
from saliency.attribution.smoothgrad import smooth_gradients_stream
from saliency.derivatives.column import column
from saliency.derivatives.jacobian import jacobian
from saliency.geometry.window import Pixel, Shape, Window, check_pixel, placed
from saliency.validation.nudge import nudge
from saliency.validation.trust_card import trust_checks

INPUTS = ("first", "second")
"""The inputs by the names that stand in the address."""
ATTRIBUTIONS = ("integrated", "smooth", "local")
QUESTIONS = ("column", "nudge", "trust", *ATTRIBUTIONS)
"""In the order in which they are answered."""
SHARES = ("guidance", "sums")
"""What the share map compares, by the name that stands in the address."""
PAGES = 20
"""Pages whose questions are answered in turn; a question holds little memory …"""
SUMMED = 2
"""… but sums of a whole image may hold a retained graph of hundreds of megabytes."""
KEPT_BYTES = 64 * 2**20
"""How much memory answers may take after a page turned away, and sums besides."""


@dataclass(frozen=True)
class QuestionState(State):
    """What can be chosen on Verdict; every field is a parameter of the address.

    Attributes
    ----------
    which : str
        The input that is asked about: one of `INPUTS`.
    shares : str
        Which strengths the share map compares: one of `SHARES`.
    region : str
        The region's word where the verdict is about one; empty where it is about the pixel.
    details : bool
        Whether the network's details are unfolded.
    """

    which: str = "first"  # as links have it
    shares: str = "guidance"
    region: str = ""
    details: bool = False

    @property
    def pixel(self) -> Pixel:
        """The pixel that is asked about; ValueError where none is chosen yet."""
        if self.row is None or self.col is None:
            raise ValueError("The pixel is to be chosen before its answers are shown.")
        return self.row, self.col


PARSERS: Mapping[str, ChoiceParser] = {
    "which": one_of(INPUTS),
    "shares": one_of(SHARES),
    "region": str,
    "details": flag,
}
"""How the parameters are read that only this page has."""

Start = Callable[[nn.Module, ImagePair], Iterator[Any]]
"""Begins an answer about a pair through a network."""

GRAPHS: Mapping[str, float] = {"column": 2.5}
"""Memory of a question on a whole image, in Jacobians of it: UAAFusion's column takes 10 GB, its row 4.3."""


@dataclass(frozen=True, eq=False)
class Crossing:
    """The row and the column of the Jacobian that meet at one pixel.

    Attributes
    ----------
    row : Jacobian
        Which input pixels made the fused pixel.
    column : Column or None
        Which fused pixels the input pixel moves; None while it is computed.
    """

    row: Jacobian
    column: Column | None = None

    def on(self, input_name: str, area: Window) -> list[NDArray[np.float32]]:
        """Row and column, where it is there, for one input inside ``area``; float32 (h, w) each."""
        shape, parts = self.row.shape, [part for part in (self.row, self.column) if part is not None]
        return [cut(getattr(part, input_name), part.area, area, shape) for part in parts]


def cut(values: NDArray[np.float32], at: Window, area: Window, shape: Shape) -> NDArray[np.float32]:
    """What an image of ``shape`` shows inside ``area`` that is ``values`` at ``at`` and 0 elsewhere.

    Examples
    --------
    >>> cut(np.ones((1, 2), np.float32), Window(0, 1, 1, 3), Window(0, 2, 2, 4), (4, 4)).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    return placed(values, at, shape)[area.slices]


class Questions:
    """The questions that a running dashboard answers beside its requests."""

    def __init__(self, service: SaliencyService) -> None:
        self.service = service
        self.jobs = service.jobs

    def ask(self, page: str, fused_pair: FusedPair, pixel: Pixel, input_name: str) -> dict[str, JobState[Any]]:
        """How far each of `QUESTIONS` is for a pixel; asking keeps them going and gives up ``page``'s others.

        Raises
        ------
        InputError
            The pixel lies outside the image, or there is no such input.
        """
        pixel = check_pixel(pixel, fused_pair.pair.shape)
        if input_name not in INPUTS:
            raise InputError(f"The input is one of {' and '.join(INPUTS)}, not {input_name!r}.")
        tasks = {}
        for name, start in _starts(pixel, input_name).items():
            key = _key(fused_pair, pixel, input_name, name)
            is_wanted = partial(self.jobs.is_wanted, ANSWERS, key)
            stream = partial(self._held_to_whole, start, fused_pair, is_wanted, GRAPHS.get(name, 1.0))
            tasks[key] = Task(stream, fused_pair.loaded.name)
        return dict(zip(QUESTIONS, self.jobs.ask(ANSWERS, page, tasks).values(), strict=True))

    def ask_sums(self, page: str, fused_pair: FusedPair) -> JobState[AllPixelSums]:
        """How far the all-pixel sums of the whole image are; asking keeps them going, whatever the pixel."""
        key = fused_pair.maps_key
        is_wanted = partial(self.jobs.is_wanted, SUMS, key)
        stream = partial(self._held_to_whole, all_pixel_sums_stream, fused_pair, is_wanted)
        return self.jobs.ask(SUMS, page, {key: Task(stream, fused_pair.loaded.name)})[key]

    def _held_to_whole(
        self, start: Start, fused_pair: FusedPair, is_wanted: Callable[[], bool], graphs: float = 1.0
    ) -> Iterator[Any]:
        """A question's stream, admitted to its memory, once crops were compared with the whole image."""
        held = self.service.held_to_whole(fused_pair)
        begin = partial(start, held.loaded.network, held.pair)
        yield from self.service.gate.stream(begin, held, is_wanted, graphs)()

    def leave_sums(self, page: str) -> None:
        """Give up the sums that ``page`` asked for."""
        self.jobs.leave(SUMS, page)

    def leave(self, page: str) -> None:
        """Give up what ``page`` asked."""
        self.jobs.leave(ANSWERS, page)
        self.leave_sums(page)


def _key(fused_pair: FusedPair, pixel: Pixel, input_name: str, name: str) -> Hashable:
    """All that decides an answer; only the nudge depends on the input."""
    return fused_pair.maps_key, pixel, name, input_name if name == "nudge" else ""


def _starts(pixel: Pixel, input_name: str) -> dict[str, Start]:
    return {
        "column": partial(_crossing, pixel),
        "nudge": lambda network, pair: iter([nudge(network, pair, pixel, INPUTS.index(input_name))]),
        "trust": lambda network, pair: _growing(trust_checks(network, pair, pixel)),
        "integrated": lambda network, pair: integrated_gradients_stream(network, pair, pixel),
        "smooth": lambda network, pair: smooth_gradients_stream(network, pair, pixel),
        "local": lambda network, pair: local_attribution_stream(network, pair, pixel),
    }


def _crossing(pixel: Pixel, network: nn.Module, pair: ImagePair) -> Iterator[Crossing]:
    """First the row alone: of a network that is not local each takes a while."""
    row = jacobian(network, pair, pixel)
    yield Crossing(row)
    yield Crossing(row, column(network, pair, pixel))


def _growing(checks: Iterator[Check]) -> Iterator[tuple[Check, ...]]:
    """The lines of a trust card so far, each time one is added."""
    found: tuple[Check, ...] = ()
    for check in checks:
        found = (*found, check)
        yield found


def bytes_of(value: Any) -> int:
    """Memory that a finished answer's maps take; of others there is little to weigh."""
    if isinstance(value, Crossing):
        return 2 * sum(part.first.nbytes for part in (value.row, value.column) if part is not None)
    if isinstance(value, AllPixelSums):
        return 0 if value.images is None else 2 * value.images[0].nbytes
    return 2 * value.first.nbytes if isinstance(value, Attribution) else 0


def _summed(found: AllPixelSums) -> tuple[int, int]:
    return found.done, found.total


ANSWERS = JobKind("question", begun=PAGES, kept_bytes=KEPT_BYTES, weigh=bytes_of)
SUMS = JobKind("all-pixel sums", begun=SUMMED, kept_bytes=KEPT_BYTES, weigh=bytes_of, progress=_summed)


def pixel_of(row: Any, col: Any, shape: Shape) -> Pixel:
    """The pixel that two typed fields mean, the centre where both are empty; InputError for one that is none.

    Examples
    --------
    >>> pixel_of("", None, (64, 48)), pixel_of(3, 4, (64, 48))
    ((32, 24), (3, 4))
    """
    if row in (None, "") and col in (None, ""):
        return shape[0] // 2, shape[1] // 2
    return check_pixel((row, col), shape)

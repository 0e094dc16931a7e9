"""A region carried along the slices of its case: the figures of every slice, computed as those of one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from dashboard.access.roles import owner
from dashboard.jobs.job import JobKind, Task
from dashboard.jobs.unfinished import Hold
from dashboard.pages.regions.region_jobs import FIGURES, RegionJobs, figures_key
from dashboard.pages.regions.uploads import mask_of
from dashboard.server.error_handler import NotHereError
from fusion import ImagePair, InputError
from fusion.data.volumes.slice_origin import share_words
from saliency import RegionReport, region_report
from saliency.defaults import RING
from saliency.geometry.masks import Mask

PARTS = 1000
"""Of a slice, in which progress is counted."""


@dataclass(frozen=True, eq=False)
class SliceFigures:
    """What a network does with a region in one slice.

    Attributes
    ----------
    pair_id, title : str
        The slice, and what it is called in its case.
    report : RegionReport or None
        None where there is none.
    note : str
        Where the region lies outside what the slice shows; why there are no figures.
    """

    pair_id: str
    title: str
    report: RegionReport | None
    note: str


@dataclass(frozen=True, eq=False)
class RegionAlong:
    """A network's figures of a region along slices, as far as they are.

    Attributes
    ----------
    rows : tuple of SliceFigures
        In the slices' order.
    total : int
        Slices in all.
    part : float
        How much of the slice after those is done, from 0 to 1.
    failure : str
        What went wrong with the whole, for the user.
    hold : Hold or None
    left : float or None
        Seconds of work that it still takes; None where nothing tells that.
    """

    rows: tuple[SliceFigures, ...] = ()
    total: int = 0
    part: float = 0.0
    failure: str = ""
    hold: Hold | None = None
    left: float | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every slice was looked at."""
        return self.total > 0 and len(self.rows) == self.total

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.is_complete or bool(self.failure) or self.hold is Hold.CANCELLED


ALONG = JobKind(
    "region along slices",
    kept=64,
    progress=lambda found: (int(PARTS * (len(found.rows) + found.part)), PARTS * found.total),
    is_complete=lambda found: found.is_complete,
    keeps_parts=True,
)


@dataclass(frozen=True)
class SliceChoice:
    """Which region is carried along which slices.

    Attributes
    ----------
    pair_id : str
        A slice of the case.
    region : str
        As in `dashboard.pages.regions.uploads.mask_of`; a threshold is taken anew in every slice.
    ring : float
        Width of the ring around it in pixels.
    first, last : int
        Slices of the case, counted from 1, both included.
    """

    pair_id: str
    region: str
    ring: float = RING
    first: int = 1
    last: int = 10**6


class SliceJobs:
    """Figures along slices beside the `RegionJobs` whose regions they are of."""

    def __init__(self, regions: RegionJobs) -> None:
        self.regions, self._jobs = regions, regions.jobs

    def count(self, pair_id: str) -> int:
        """How many slices the case of a pair has."""
        return len(self.regions.service.catalogue.slices(pair_id))

    def slices(self, choice: SliceChoice) -> tuple[str, ...]:
        """The slices that are chosen; InputError where there are none."""
        found = self.regions.service.catalogue.slices(choice.pair_id)[max(choice.first, 1) - 1 : choice.last]
        if not found:
            raise InputError(
                f"The case has {self.count(choice.pair_id)} slices; choose the first before the last."
            )
        return found

    def ask(self, page: str, choice: SliceChoice, networks: Sequence[str]) -> dict[str, RegionAlong]:
        """How far each network is; asking keeps it going, and gives up what ``page`` asked for before."""
        slices = self._allowed(choice)
        tasks = {self.key(choice, name): self._task(choice, slices, name) for name in networks}
        asked = self._jobs.ask(ALONG, page, tasks)
        return {name: self._told(self.key(choice, name), len(slices), asked) for name in networks}

    def leave(self, page: str) -> None:
        """``page`` looks at no slices any more."""
        self._jobs.leave(ALONG, page)

    def hold(self, key: str, how: Hold | None) -> None:
        """Pause or cancel what goes by a key, or let it go on by None; NotHereError where it is another's."""
        if key.partition(":")[0] != _asker():
            raise NotHereError("These figures are not here; reload the page.")
        self._jobs.hold(ALONG, key, how)

    def known(self, choice: SliceChoice, networks: Sequence[str]) -> dict[str, RegionAlong]:
        """The same as far as it is computed; starts nothing."""
        total = len(self._allowed(choice))
        keys = {name: self.key(choice, name) for name in networks}
        looked = {key: self._jobs.look(ALONG, key) for key in keys.values()}
        return {name: self._told(key, total, looked) for name, key in keys.items()}

    def _told(self, key: str, total: int, states: Mapping[str, Any]) -> RegionAlong:
        held, left = self._jobs.told(ALONG, key)
        found = states[key].value or RegionAlong(total=total)
        return replace(found, failure=states[key].failure, hold=held, left=left)

    def _allowed(self, choice: SliceChoice) -> tuple[str, ...]:
        """The slices, of a region that who asks may use: later it is the program itself that looks at it."""
        self.regions.region(choice.pair_id, choice.region)
        return self.slices(choice)

    def key(self, choice: SliceChoice, network: str) -> str:
        """Whose they are, and a hash of all that decides the figures while the program runs."""
        slices = self.slices(choice)
        words = "|".join((slices[0], slices[-1], choice.region, f"{choice.ring:g}", network))
        return f"{_asker()}:{hashlib.sha256(words.encode()).hexdigest()}"

    # ---- the work

    def _task(self, choice: SliceChoice, slices: tuple[str, ...], network: str) -> Task[RegionAlong]:
        is_wanted = partial(self._jobs.is_wanted, ALONG, self.key(choice, network))

        def goes_on(so_far: RegionAlong | None, _: Callable[[], Any]) -> Iterator[RegionAlong]:
            return self._along(choice, slices, network, is_wanted, () if so_far is None else so_far.rows)

        return Task(partial(goes_on, None, lambda: None), network, goes_on)

    def _along(
        self,
        choice: SliceChoice,
        slices: tuple[str, ...],
        network: str,
        is_wanted: Callable[[], bool],
        rows: tuple[SliceFigures, ...],
    ) -> Iterator[RegionAlong]:
        yield RegionAlong(rows, len(slices))
        for slice_id in slices[len(rows) :]:
            figures = None
            for part, figures in self._one(choice, slice_id, network, is_wanted):
                if figures is None:
                    yield RegionAlong(rows, len(slices), part)
            if figures is not None:
                rows = (*rows, figures)
                yield RegionAlong(rows, len(slices))

    def _one(
        self, choice: SliceChoice, slice_id: str, network: str, is_wanted: Callable[[], bool]
    ) -> Iterator[tuple[float, SliceFigures | None]]:
        """A slice's figures, as far as they are; a slice that has none is told, and the others go on."""
        service = self.regions.service
        title = service.catalogue.entry(slice_id).slice
        try:
            pair = service.catalogue.read_aside(slice_id)
            mask = mask_of(choice.region, pair, self.regions.uploads)
            report = self._finished(pair, mask, network, choice.ring)
            if report is None:
                fused_pair = service.held_to_whole(service.open_aside(slice_id, pair, network))
                for rows in self.regions.rows(fused_pair, mask, is_wanted):
                    yield rows.done / max(rows.total, 1), None
                report = region_report(rows, pair, fused_pair.fused, choice.ring)
            yield 1.0, SliceFigures(slice_id, title, report, content_note(pair, mask))
        except InputError as error:
            yield 1.0, SliceFigures(slice_id, title, None, str(error))

    def _finished(self, pair: ImagePair, mask: Mask, network: str, width: float) -> RegionReport | None:
        """What the page of the slice has computed already."""
        state = self._jobs.finished(FIGURES, figures_key(pair, mask, network)) if width == RING else None
        return None if state is None or state.value is None or state.failure else state.value.result.report


def _asker() -> str:
    """Whose figures along slices are asked for: everybody's are their own."""
    return owner() or ""


def content_note(pair: ImagePair, mask: Mask) -> str:
    """Where does a region lie outside what a slice shows? Empty where both inputs have values that differ there.

    Examples
    --------
    >>> dark = np.zeros((2, 3), np.float32)
    >>> grey = np.array([[0, 0.5, 1], [0, 0.2, 0.4]], np.float32)
    >>> left = np.array([[True, False, False]] * 2)
    >>> content_note(ImagePair(grey, grey, "", ("MRI", "PET")), left)
    'Outside the content: MRI has its lowest value all over it, PET has its lowest value all over it.'
    >>> content_note(ImagePair(grey, grey, "", ("MRI", "PET")), ~left)
    ''
    """
    told, outside = [], 0
    for name, image, levels in zip(pair.names, (pair.first, pair.second), pair.levels, strict=True):
        missing = 0.0 if levels is None else float(np.isnan(levels[mask]).mean())
        if missing == 1.0 or (image[mask] == image.min()).all():
            outside += 1
            told.append(f"{name} has {'no' if missing == 1.0 else 'its lowest'} value all over it")
        elif missing:
            told.append(f"{name} has no value at {share_words(missing)} of it")
    return f"{'Outside the content: ' * (outside == 2)}{', '.join(told)}{'.' * bool(told)}"

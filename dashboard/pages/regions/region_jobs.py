"""What the Regions page asks for: a region of a pair through several networks, and their figures."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

import numpy as np

from dashboard.access.roles import owner
from dashboard.jobs.job import JobKind, JobState, Task
from dashboard.jobs.spans import Forecast, spelled
from dashboard.jobs.unfinished import Hold
from dashboard.pages.regions.region_result import MOST_RING, RegionResult, result_of, with_ring
from dashboard.pages.regions.uploads import Uploads, mask_of
from dashboard.service.fused_pair import FusedPair
from dashboard.service.network_standing import standing, told_purpose
from dashboard.service.pair_catalogue import PairEntry
from dashboard.service.saliency_service import SaliencyService
from fusion import ImagePair, InputError
from saliency import RegionReport, RegionRows
from saliency.defaults import RING
from saliency.derivatives.region_rows import region_rows_stream
from saliency.geometry.masks import Mask, bounds
from saliency.geometry.window import Window, whole

logger = logging.getLogger(__name__)

BEGUN = 2
"""Networks that are computed in turn; each may hold a retained graph of hundreds of megabytes."""
TRIED = 5.0
"""Seconds of work after which its pace tells how long the whole takes."""
LONGEST = 600.0
"""Seconds of work that are begun without being asked for."""
ANYWAY = "They are computed if you ask for it."
"""Ends the sentence about what takes longer."""
KEPT_BYTES = 128 * 2**20
"""Figures and pictures held after a page turned away."""


@dataclass(frozen=True, eq=False)
class RegionProgress:
    """One network's figures of a region, as far as they are.

    Attributes
    ----------
    done, total : int
        Fused pixels; 0 of 0 before the first.
    result : RegionResult or None
        Once it is finished.
    failure : str
        What went wrong, for the user; empty where nothing did.
    hold : Hold or None
        Why nobody works on it, where its readers have paused or cancelled it.
    left : float or None
        Seconds of work that it still takes; None where nothing tells that.
    """

    done: int = 0
    total: int = 0
    result: RegionResult | None = None
    failure: str = ""
    hold: Hold | None = None
    left: float | None = None

    @property
    def is_long(self) -> bool:
        """Whether it was given up only because it takes long, and can be asked for all the same."""
        return self.failure.endswith(ANYWAY)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.result is not None or bool(self.failure) or self.hold is Hold.CANCELLED


class RegionJobs:
    """Uploaded masks and regions' figures beside a `SaliencyService`; one per application, bounded in memory."""

    def __init__(self, service: SaliencyService) -> None:
        self.service = service
        self.uploads = Uploads(owner)
        self.jobs = service.jobs

    def usable(self) -> tuple[str, ...]:
        """The networks that can be asked."""
        problems = self.service.network_pool.problems()
        return tuple(name for name in self.service.network_pool.names() if name not in problems)

    def region(self, pair_id: str, word: str) -> tuple[ImagePair, Mask]:
        """A pair and the pixels of it that ``word`` means; InputError where either cannot be used."""
        pair = self.service.catalogue.pair(pair_id)
        return pair, mask_of(word, pair, self.uploads)

    def area(self, pair_id: str, word: str) -> Window:
        """The smallest window about them, the whole image where ``word`` is empty; InputError as `region`."""
        if not word:
            return whole(self.service.catalogue.pair(pair_id).shape)
        return bounds(self.region(pair_id, word)[1])

    def ask(
        self, page: str, pair_id: str, word: str, networks: Sequence[str], anyway: Collection[str] = ()
    ) -> dict[str, RegionProgress]:
        """How far each network's figures of a region are; asking keeps them going and gives up ``page``'s others.

        Where ``word`` is empty nothing is asked for. What would take longer than `LONGEST` is given up, and told,
        but for the networks named by ``anyway``.
        """
        if not word:
            self.jobs.leave(FIGURES, page)
            return {}
        pair, mask = self.region(pair_id, word)
        keys = {name: figures_key(pair, mask, name) for name in networks}
        for key in (key for name, key in keys.items() if name in anyway):
            if _progress_of(self.jobs.look(FIGURES, key)).is_long:
                self.jobs.retry(FIGURES, key)
        tasks = {
            key: Task(partial(self._figures, pair_id, mask, name, name in anyway), name)
            for name, key in keys.items()
        }
        asked = self.jobs.ask(FIGURES, page, tasks)
        return {name: self._told(asked[key], key) for name, key in keys.items()}

    def _told(self, answer: JobState[RegionProgress], key: str) -> RegionProgress:
        held, left = self.jobs.told(FIGURES, key)
        return replace(_progress_of(answer), hold=held, left=left)

    def hold(self, pair_id: str, word: str, network: str, how: Hold | None) -> None:
        """Pause or cancel a network's figures of a region, or let them go on by None."""
        pair, mask = self.region(pair_id, word)
        self.jobs.hold(FIGURES, figures_key(pair, mask, network), how)

    def ticked(self, pair_id: str) -> tuple[str, ...]:
        """The networks that are asked where nobody chose: made for the pair's modalities, and quick.

        Quick is what sees a part of the image only, as far as that is known. All that can be asked, where none is.
        """
        service = self.service
        entry = service.catalogue.entry(pair_id) if service.catalogue.has(pair_id) else None
        suited = [name for name in self.usable() if entry is None or self._suits(name, entry)]
        return tuple(name for name in suited if self._is_quick(name)) or self.usable()

    def _suits(self, name: str, entry: PairEntry) -> bool:
        return standing(told_purpose(self.service.network_pool, name), entry).suits is not False

    def _is_quick(self, name: str) -> bool:
        try:
            found = self.service.reach(name)
        except InputError as error:
            logger.debug("A network that is not asked by itself:", exc_info=error)
            return False
        return found is not None and found.is_local

    def finished(self, pair_id: str, word: str, networks: Sequence[str]) -> dict[str, RegionProgress]:
        """The networks whose figures of a region are finished or failed; starts nothing."""
        pair, mask = self.region(pair_id, word)
        known = {name: self.jobs.finished(FIGURES, figures_key(pair, mask, name)) for name in networks}
        return {name: _progress_of(each) for name, each in known.items() if each is not None}

    def reports(
        self, pair_id: str, word: str, results: Sequence[RegionResult], width: float
    ) -> dict[str, RegionReport]:
        """The figures by network, with contrasts against a ring of ``width`` pixels."""
        if not 0 < width <= MOST_RING:
            raise InputError(f"The ring is more than 0 and at most {MOST_RING} pixels wide, not {width:g}.")
        if width == RING:
            return {each.network: each.report for each in results}
        pair, mask = self.region(pair_id, word)
        fused = [self.service.open_pair(pair_id, each.network).fused for each in results]
        reports = with_ring([each.report for each in results], fused, pair, mask, width)
        return {each.network: report for each, report in zip(results, reports, strict=True)}

    def rows(self, fused_pair: FusedPair, mask: Mask, is_wanted: Callable[[], bool]) -> Iterator[RegionRows]:
        """The rows of the Jacobian of a region, in the memory that there is, as long as ``is_wanted``."""
        stream = partial(region_rows_stream, fused_pair.loaded.network, fused_pair.pair, mask)
        return self.service.gate.stream(stream, fused_pair, is_wanted)()

    def _figures(self, pair_id: str, mask: Mask, network: str, anyway: bool) -> Iterator[RegionProgress]:
        yield RegionProgress(0, int(mask.sum()))  # what follows takes a moment before its first pixel
        fused_pair = self.service.held_to_whole(self.service.open_pair(pair_id, network))
        seconds, start, forecast = 0.0, perf_counter(), Forecast(int(mask.sum()))
        is_wanted = partial(self.jobs.is_wanted, FIGURES, figures_key(fused_pair.pair, mask, network))
        for rows in self.rows(fused_pair, mask, is_wanted):
            seconds += perf_counter() - start
            expected = forecast.seconds(rows.done, seconds)
            if not anyway and expected is not None and seconds > TRIED and expected > LONGEST:
                raise InputError(f"The figures of {rows.total:,} pixels take {spelled(expected)}. {ANYWAY}")
            yield RegionProgress(rows.done, rows.total)
            start = perf_counter()
        yield RegionProgress(rows.done, rows.total, result_of(fused_pair, rows))


def _progress_of(answer: JobState[RegionProgress]) -> RegionProgress:
    """How far an answer is, and why it went no further."""
    return replace(answer.value or RegionProgress(), failure=answer.failure)


def _bytes_of(progress: RegionProgress) -> int:
    return 0 if progress.result is None else progress.result.nbytes


FIGURES = JobKind(
    "region",
    begun=BEGUN,
    kept_bytes=KEPT_BYTES,
    weigh=_bytes_of,
    progress=lambda progress: (progress.done, progress.total),
)


def figures_key(pair: ImagePair, mask: Mask, network: str) -> str:
    """Hash of all that decides a region's figures while the program runs."""
    digest = hashlib.sha256(f"{pair.content_hash}|{network}|".encode())
    digest.update(np.packbits(mask).tobytes())
    return digest.hexdigest()


def finished_results(progress: Mapping[str, RegionProgress]) -> list[RegionResult]:
    """Those that are finished, in their order."""
    return [each.result for each in progress.values() if each.result is not None]

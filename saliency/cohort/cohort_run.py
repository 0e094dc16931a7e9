"""A cohort, measured: slice after slice through every network, with how far it is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from torch import nn

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from saliency.cohort.case_figures import PlaceFigures, case_figures
from saliency.cohort.cohort_row import CohortRow
from saliency.cohort.kept_figures import FiguresStore, figures_key
from saliency.defaults import COHORT_PIXELS
from saliency.network.interruption import Interrupted

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CohortSlice:
    """A slice that is to be measured.

    Attributes
    ----------
    collection, case, title : str
        As lists and exports call it.
    read : callable
        Gives the pair; InputError where it cannot be used.
    """

    collection: str
    case: str
    title: str
    read: Callable[[], ImagePair]


@dataclass(frozen=True)
class CohortNetwork:
    """A network of a cohort.

    Attributes
    ----------
    name, weights : str
        Weights by their SHA-256; empty where it has none.
    prepared : callable
        The network for a pair: held against the whole image on it, where that is to be done.
    """

    name: str
    weights: str
    prepared: Callable[[ImagePair], nn.Module]


@dataclass(frozen=True)
class CohortFailure:
    """A slice that could not be measured.

    Attributes
    ----------
    collection, title, network : str
        The network is empty where the pair itself cannot be used.
    sentence : str
        Why.
    """

    collection: str
    title: str
    network: str
    sentence: str


@dataclass(frozen=True)
class CohortProgress:
    """How far a cohort is.

    Attributes
    ----------
    done, total : int
        Slices times networks; those that failed count as done.
    found_before : int
        Of these, those that were measured before.
    rows : tuple of CohortRow
    failures : tuple of CohortFailure
    failed : int
        Slices times networks that have no figures.
    seconds : float
        Spent on those that were measured now.
    """

    done: int
    total: int
    found_before: int = 0
    rows: tuple[CohortRow, ...] = ()
    failures: tuple[CohortFailure, ...] = ()
    failed: int = 0
    seconds: float = field(default=0.0, compare=False)

    def advanced(
        self, rows: tuple[CohortRow, ...], *, was_there: bool = False, seconds: float = 0.0
    ) -> CohortProgress:
        """One slice through one network further."""
        return replace(
            self,
            done=self.done + 1,
            found_before=self.found_before + was_there,
            rows=self.rows + rows,
            seconds=self.seconds + seconds,
        )

    @property
    def left(self) -> float | None:
        """Seconds that the rest takes if all is like what was measured now; None before that."""
        measured = self.done - self.found_before - self.failed
        return self.seconds / measured * (self.total - self.done) if measured > 0 else None


def cohort_stream(
    slices: Sequence[CohortSlice],
    networks: Sequence[CohortNetwork],
    kept: FiguresStore,
    pixels: int = COHORT_PIXELS,
    seed: int = 0,
) -> Iterator[CohortProgress]:
    """Measure every slice through every network; what is kept already is taken from there.

    What cannot be measured is named and passed over. Stop asking, and the work stops; what is finished is kept.

    Parameters
    ----------
    slices, networks : sequences
    kept : FiguresStore
    pixels, seed : int
        As for `case_figures`.
    """
    at = CohortProgress(0, len(slices) * len(networks))
    yield at
    for each in slices:
        try:
            pair = each.read()
        except InputError as error:
            at = failed(at, each, "", error, len(networks))
            yield at
            continue
        for network in networks:
            at = _advanced(at, each, pair, network, kept, (pixels, seed))
            yield at


def _advanced(
    at: CohortProgress,
    each: CohortSlice,
    pair: ImagePair,
    network: CohortNetwork,
    kept: FiguresStore,
    drawing: tuple[int, int],
) -> CohortProgress:
    """One network further."""
    start = time.perf_counter()
    key = figures_key(pair, network.name, network.weights, *drawing)
    places = kept.get(key)
    if places is not None:
        return at.advanced(rows_of(each, pair, network, places), was_there=True)
    try:
        places = tuple(case_figures(network.prepared(pair), pair, *drawing))
        kept.put(key, places)
    except (Interrupted, OSError):  # nobody waits any more; a full disk fails for every slice
        raise
    except Exception as error:  # whatever a network raises on one slice; the others go on
        return failed(at, each, network.name, error)
    return at.advanced(rows_of(each, pair, network, places), seconds=time.perf_counter() - start)


def rows_of(
    each: CohortSlice, pair: ImagePair, network: CohortNetwork, places: Iterable[PlaceFigures]
) -> tuple[CohortRow, ...]:
    """What was measured of a slice through a network, as lines of the cohort's table."""
    names = each.collection, each.case, each.title, pair.content_hash[:12], network.name
    return tuple(CohortRow(*names, place) for place in places)


def failed(
    at: CohortProgress, each: CohortSlice, network: str, error: Exception, count: int = 1
) -> CohortProgress:
    """So many measurements further that cannot be made; ``network`` is empty where the pair cannot be used."""
    if isinstance(error, InputError):
        logger.debug("Why a slice of a cohort is passed over:", exc_info=error)
        sentence = str(error)
    else:
        logger.error("A slice of a cohort is passed over.", exc_info=error)
        sentence = f"It could not be computed: {error}"
    failure = CohortFailure(each.collection, each.title, network, sentence)
    return replace(at, done=at.done + count, failed=at.failed + count, failures=(*at.failures, failure))

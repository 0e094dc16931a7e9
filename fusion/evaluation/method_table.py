"""How good are fused images? Every method on the same slices, beside the trivial rules and the ceiling."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.evaluation.ceiling import Ascent, ceiling
from fusion.method.inference import as_tensors
from fusion.method.rules import Rule
from fusion.metrics import Measurement, measure
from fusion.training.objective import losses

CEILING = "ceiling (gradient ascent)"


@dataclass(frozen=True)
class Score:
    """How far one fused image is from each input: 1 − SSIM in [0, 2], squared distance from 0."""

    ssim_loss_first: float
    ssim_loss_second: float
    l2_first: float
    l2_second: float

    @property
    def ssim_sum(self) -> float:
        """SSIM(x1, y) + SSIM(x2, y): the figure methods are ranked by; at most 2."""
        return 2 - self.ssim_loss_first - self.ssim_loss_second


@dataclass(frozen=True)
class MethodRow:
    """One method's scores, one a slice."""

    name: str
    scores: tuple[Score, ...]

    def mean(self, what: str, at: Collection[int] | None = None) -> float:
        """Mean of a property of `Score` over the slices, or over those numbered in ``at``."""
        return float(np.mean(self._values(what, at)))

    def deviation(self, what: str) -> float:
        """Standard deviation over the slices (n − 1 in the denominator); NaN for a single slice."""
        values = self._values(what, None)
        return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")

    def _values(self, what: str, at: Collection[int] | None) -> list[float]:
        chosen = self.scores if at is None else [self.scores[index] for index in at]
        return [getattr(score, what) for score in chosen]


@dataclass(frozen=True)
class MethodTable:
    """A collection's rows.

    Attributes
    ----------
    title : str
        The collection's name.
    modalities : tuple of two str
        What the first and the second image are, e.g. ``("MRI", "PET")``.
    rows : tuple of MethodRow
        Rules and networks, each with one score a slice.
    ceiling_at : tuple of int
        The slices the ceiling was climbed for; empty where it was left out.
    ceiling : MethodRow or None
        Its scores, one for each of ``ceiling_at``.
    pairs : tuple of str
        The slices' titles, in the order of the scores.
    measurements : tuple of Measurement
        What the field's metrics say, one a slice and row; empty where none was asked for.
    learned_from : mapping of row name to str
        What each network has learned from, in a few words; rules, which learn nothing, are not in it.
    """

    title: str
    modalities: tuple[str, str]
    rows: tuple[MethodRow, ...]
    ceiling_at: tuple[int, ...] = ()
    ceiling: MethodRow | None = None
    pairs: tuple[str, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    learned_from: Mapping[str, str] = field(default_factory=dict)

    @property
    def slices(self) -> int:
        """How many slices each row was scored on."""
        return len(self.rows[0].scores)

    def learned_by(self, row: MethodRow) -> str:
        """What a row's network has learned from, a variant's included; empty for a rule."""
        return self.learned_from.get(row.name) or self.learned_from.get(row.name.partition(", ")[0], "")

    def percent(self, row: MethodRow) -> float:
        """A row's mean SSIM sum as a percentage of the ceiling's, over exactly the ceiling's slices."""
        if self.ceiling is None:
            raise InputError("This table has no ceiling to be a percentage of.")
        if row is self.ceiling:
            return 100.0
        return 100 * row.mean("ssim_sum", self.ceiling_at) / self.ceiling.mean("ssim_sum")


def score(first: Tensor, second: Tensor, fused: Tensor) -> Score:
    """How far is ``fused`` from each input, all (1, 1, H, W)?

    Examples
    --------
    >>> first, second = torch.zeros(1, 1, 11, 11), torch.full((1, 1, 11, 11), 0.5)
    >>> result = score(first, second, first)
    >>> result.ssim_loss_first, result.l2_first, result.l2_second
    (0.0, 0.0, 0.25)
    """
    partial = losses(first, second, fused)
    return Score(
        partial.ssim_first.item(),
        partial.ssim_second.item(),
        partial.l2_first.item(),
        partial.l2_second.item(),
    )


def evenly_spaced(count: int, wanted: int) -> tuple[int, ...]:
    """Which ``wanted`` of ``count`` things stand evenly in their row, first and last included?

    Examples
    --------
    >>> evenly_spaced(9, 3), evenly_spaced(9, 1), evenly_spaced(2, 5), evenly_spaced(9, 0)
    ((0, 4, 8), (4,), (0, 1), ())
    """
    if wanted >= count:
        return tuple(range(count))
    if wanted == 1:
        return (count // 2,)
    return tuple(int(place) for place in np.linspace(0, count - 1, wanted).round())


def evaluate(
    title: str,
    pairs: Iterable[ImagePair],
    fusers: Mapping[str, Rule],
    ceiling_at: Collection[int] = (),
    ascent: Ascent | None = None,
    done: Callable[[], object] = lambda: None,
    metrics: Sequence[str] = (),
    rounded: bool = True,
) -> MethodTable:
    """How do rules and networks score on the same slices?

    Parameters
    ----------
    title : str
        The collection's name.
    pairs : iterable of ImagePair
        Read one at a time: nothing is kept of a pair but its scores.
    fusers : mapping of name to callable
        ``(x1, x2) -> y``, all (1, 1, H, W): rules and networks in eval mode. Scores judge fused values as they
        are, not clipped.
    ceiling_at : collection of int
        Which slices, counted from 0, to climb the ceiling for: seconds each.
    ascent : Ascent, optional
        How to climb.
    done : callable
        Called after each slice and after each climb, for a progress bar.
    metrics : sequence of str
        Which of `fusion.metrics.METRICS` to measure besides; none unless told.
    rounded : bool
        Whether these judge pictures clipped and rounded to 8 bit, see `fusion.metrics.measure`.

    Raises
    ------
    InputError
        There is no pair, one has a side below 11 pixels, or a metric is unknown.

    Examples
    --------
    >>> from fusion import phantom
    >>> from fusion.method.rules import RULES
    >>> table = evaluate("phantoms", [phantom(0, size=64)], RULES)
    >>> [row.name for row in table.rows], table.slices
    (['copy of first', 'copy of second', 'mean', 'maximum'], 1)
    """
    scores: dict[str, list[Score]] = {name: [] for name in fusers}
    best: dict[int, Score] = {}
    modalities: set[tuple[str, str]] = set()
    titles: list[str] = []
    measurements: list[Measurement] = []
    for number, pair in enumerate(pairs):
        modalities.add(pair.names)
        titles.append(pair.title)
        first, second = as_tensors(None, pair)
        with torch.no_grad():
            for name, fuser in fusers.items():
                fused = fuser(first, second)
                scores[name].append(score(first, second, fused))
                if metrics:
                    values = measure(pair.first, pair.second, fused[0, 0].numpy(), metrics, rounded=rounded)
                    measurements.append(Measurement(name, pair.title, values))
        done()
        if number in ceiling_at:
            best[number] = score(first, second, ceiling(first, second, ascent).fused)
            done()
    if not any(scores.values()):
        raise InputError(f"There is no pair to evaluate in {title}.")
    rows = tuple(MethodRow(name, tuple(values)) for name, values in scores.items())
    summit = MethodRow(CEILING, tuple(best.values())) if best else None
    names = modalities.pop() if len(modalities) == 1 else ("first", "second")
    return MethodTable(title, names, rows, tuple(best), summit, tuple(titles), tuple(measurements))

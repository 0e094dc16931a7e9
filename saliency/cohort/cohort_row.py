"""One line of a cohort's table: a place of a slice through a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from saliency.cohort.case_figures import PlaceFigures


@dataclass(frozen=True)
class CohortRow:
    """What was measured, of which slice and through which network.

    Attributes
    ----------
    collection, case, slice : str
        The pair as lists and exports call it.
    pair : str
        First 12 digits of the images' hash.
    network : str
    measured : PlaceFigures
    """

    collection: str
    case: str
    slice: str
    pair: str
    network: str
    measured: PlaceFigures

    @property
    def figures(self) -> Mapping[str, float | None]:
        """By the names of `saliency.cohort.case_figures.MEANINGS`."""
        return self.measured.figures

    @property
    def unit(self) -> tuple[str, str]:
        """The case, and which of its slices: what is paired between networks, and drawn together.

        A case goes by the same name in all collections, as a patient does in the atlas.
        """
        return self.case, f"{self.collection}/{self.slice}"

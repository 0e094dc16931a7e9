"""Which cases a network has learned from, by its model card."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fusion.errors import InputError
from fusion.method.checkpoints import card
from fusion.shipped import SHIPPED

PHANTOMS = "phantoms"
"""What generated pairs are called where collections go by their folders' names."""
VERY_CASES = "some of these very cases"
"""Said of a network that has learned from cases that it is judged by."""
UNTOLD = "pairs that its card does not name"
"""Said of a network whose card does not list the cases it has learned from."""
UNKNOWN = "unknown pairs"
"""Said of a network without such a card."""


@dataclass(frozen=True)
class LearnedCases:
    """What a model card says of the pairs that its network has learned from.

    Attributes
    ----------
    training : mapping of collection name to frozenset of str
        The cases learned from, by the weights that training started from too.
    kept_out : frozenset of str
        The collections that cases were kept out of.
    told_apart : tuple of str
        The collections whose two modalities a classifier inside learned to tell apart; empty where there is none.
    phantoms : bool
        Whether it has learned from generated pairs, too.
    """

    training: Mapping[str, frozenset[str]]
    kept_out: frozenset[str] = frozenset()
    told_apart: tuple[str, ...] = ()
    phantoms: bool = False

    def of(self, collection: str) -> frozenset[str]:
        """Which cases of ``collection`` may it know?

        A patient goes by the same number in all collections of one training. A collection that the card does
        not name was not learned from: there the same number is another patient.

        Examples
        --------
        >>> known = LearnedCases({"mri_pet": frozenset({"25"}), "mri_spect": frozenset({"3"})})
        >>> sorted(known.of("mri_pet")), sorted(known.of("ir_vis"))
        (['25', '3'], [])
        """
        if collection not in self.training and collection not in self.kept_out:
            return frozenset()
        return frozenset().union(*self.training.values())

    def said(self, collection: str, cases: Collection[str]) -> str:
        """What has it learned from, seen from these ``cases`` of ``collection``? A few words.

        Examples
        --------
        >>> known = LearnedCases({"mri_pet": frozenset({"25"})}, told_apart=("mri_pet",))
        >>> known.said("mri_pet", ["30"]), known.said("mri_pet", ["25", "30"])
        ('other cases of mri_pet', 'some of these very cases of mri_pet')
        >>> known.said("ir_vis", ["02"])
        'nothing of ir_vis; its classifier from mri_pet'
        """
        return self._pairs_said(collection, cases) + self._classifier_said(collection)

    def _pairs_said(self, collection: str, cases: Collection[str]) -> str:
        if collection == PHANTOMS and self.phantoms:
            return "other phantoms"
        if not self.training.get(collection):
            return f"nothing of {collection}"
        if self.training[collection].intersection(cases):
            return f"{VERY_CASES} of {collection}"
        return f"other cases of {collection}"

    def _classifier_said(self, collection: str) -> str:
        if not self.told_apart or collection in self.told_apart:
            return ""
        return f"; its classifier from {' and '.join(self.told_apart)}"


def learned_cases(name: str, folder: Path = SHIPPED) -> LearnedCases:
    """What has the trained method called ``name`` learned from?

    Raises
    ------
    InputError
        Its card cannot be read, or does not say.

    Examples
    --------
    >>> sorted(learned_cases("MaskNet").training)
    ['mri_pet', 'mri_spect']
    """
    content = card(name, folder)
    try:
        return _learned_cases(content)
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"The model card of {name} does not say which cases it has learned from; choose with --cases."
        ) from error


def said_of(name: str, collection: str, cases: Collection[str], folder: Path = SHIPPED) -> str:
    """What has the trained method ``name`` learned from, seen from ``cases`` of ``collection``? A few words.

    Examples
    --------
    >>> said_of("MaskNet", "ir_vis", ["02"])
    'nothing of ir_vis'
    """
    try:
        return learned_cases(name, folder).said(collection, cases)
    except InputError:
        return UNTOLD


def _learned_cases(content: Mapping[str, Any]) -> LearnedCases:
    data = content["data"]
    training = {name: frozenset(map(str, part["cases"])) for name, part in data["training"].items()}
    for name, cases in data.get("learned_before", {}).items():
        training[name] = training.get(name, frozenset()).union(map(str, cases))
    return LearnedCases(
        training,
        frozenset(data["kept_out"]),
        tuple(content.get("told_apart", ())),
        bool(data.get("phantoms", {}).get("count")),
    )

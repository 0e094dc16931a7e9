"""How a network stands to a pair: was it made for its modalities, and has it learned from its case?"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.service.network_pool import NetworkPool
from dashboard.service.pair_catalogue import NIGHTSCENES, PHANTOMS, PairEntry
from dashboard.service.purposes import purpose_of
from fusion import InputError
from fusion.data.naming import modality, patient_of
from fusion.method.purpose import Purpose

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NetworkStanding:
    """A network beside one pair.

    Attributes
    ----------
    suits, has_learned : bool or None
        Made for these modalities; learned from this case. None where it is not known.
    made, learned : str
        The same in a few words, for beside the network's name.
    """

    suits: bool | None
    has_learned: bool | None
    made: str
    learned: str

    @property
    def note(self) -> str:
        """Both, as they stand beside the name."""
        return f"{self.made} · {self.learned}"

    @property
    def warning(self) -> str:
        """What keeps it from being judged like the others; empty where nothing does."""
        told = [self.made] * (self.suits is False) + [self.learned] * (self.has_learned is True)
        return " · ".join(told)


def standing(purpose: Purpose, entry: PairEntry) -> NetworkStanding:
    """How a network of this purpose stands to a pair.

    Examples
    --------
    >>> from fusion.method.learned_cases import LearnedCases
    >>> brain = Purpose((frozenset({"MRI", "PET"}),), learned=LearnedCases({"mri_pet": frozenset({"25"})}))
    >>> def entry(group, case, names):
    ...     return PairEntry(f"{group}/{case}", group, case, "", names, lambda: None)
    >>> standing(brain, entry("mri_pet", "25", ("MRI", "PET"))).note
    'made for MRI–PET · learned from this case'
    >>> standing(brain, entry("street", "01", ("Visible", "Infrared"))).note
    'not made for Visible–Infrared · this case unseen'
    >>> standing(Purpose(is_general=True), entry("mri_pet", "25", ("MRI", "PET"))).note
    'a rule, for any pair · learns nothing'
    """
    has_learned = has_learned_from(purpose, entry)
    suits = purpose.suits(entry.names) if all(map(modality, entry.names)) else None
    return NetworkStanding(suits, has_learned, _made(purpose, entry, suits), _learned(purpose, entry, has_learned))


def has_learned_from(purpose: Purpose, entry: PairEntry) -> bool | None:
    """Has the network learned from the pair's case? None where its card cannot tell.

    A collection that the card does not name may hold the same pictures under another folder's name, unless the
    network has learned from no pictures of such modalities at all. Phantoms learned from have other seeds.
    """
    if purpose.is_general:
        return False
    if purpose.learned is None:
        return None
    if entry.is_generated:
        return False
    if entry.group in {*purpose.learned.training, *purpose.learned.kept_out}:
        return patient_of(entry.case) in purpose.learned.of(entry.group)
    if purpose.learned.told_apart or not all(map(modality, entry.names)):  # its purpose is less than it has seen
        return None
    return False if purpose.suits(entry.names) is False else None


def _made(purpose: Purpose, entry: PairEntry, suits: bool | None) -> str:
    if purpose.is_general:
        return "a rule, for any pair"
    if suits is False:
        return f"not made for {'–'.join(entry.names)}"
    return f"made for {purpose.said()}" if purpose.made_for else "not told what it was made for"


def _learned(purpose: Purpose, entry: PairEntry, has_learned: bool | None) -> str:
    if purpose.is_general:
        return "learns nothing"
    if has_learned is None:
        return "not known whether it learned from this case"
    if has_learned:
        return "learned from this case"
    if entry.group == PHANTOMS and purpose.learned and purpose.learned.phantoms:
        return "learned from other phantoms"
    return "this scene unseen" if entry.group == NIGHTSCENES else "this case unseen"


def told_purpose(pool: NetworkPool, network: str) -> Purpose:
    """What ``network`` was made for; nothing is told of a brought one that cannot be used."""
    try:
        return purpose_of(pool, network)
    except InputError as error:
        logger.debug("A network says nothing of itself:", exc_info=error)
        return Purpose()


def unseen_first(entries: Iterable[PairEntry], purpose: Purpose) -> PairEntry:
    """The first of ``entries`` that a network has not learned from, as far as is known; else the first.

    Of a volume it is the middle slice: the outermost ones often show nothing of one of the two.
    """
    listed = list(entries)
    found = next((entry for entry in listed if not has_learned_from(purpose, entry)), listed[0])
    if not found.is_volume:
        return found
    slices = [each for each in listed if (each.group, each.case) == (found.group, found.case)]
    return slices[len(slices) // 2]

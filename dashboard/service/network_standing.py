"""How a network stands to a pair: was it made for its modalities, and has it learned from its case?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dashboard.service.network_pool import NetworkPool
from dashboard.service.pair_catalogue import NIGHTSCENES, PHANTOMS, PairEntry
from fusion import InputError, find
from fusion.data.naming import modalities_in
from fusion.method.carded_network import CardedNetwork
from fusion.method.learned_cases import LearnedCases, learned_cases

Modalities = tuple[str, ...]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NetworkOrigin:
    """What a network's card says of where it comes from.

    Attributes
    ----------
    made_for : tuple of tuples of str
        The modalities of the pairs that it was made for; empty where that is not told.
    learned : LearnedCases or None
        What it has learned from; None where that is not told.
    is_rule : bool
        Whether it is a rule, which learns nothing and was made for no modality.
    """

    made_for: tuple[Modalities, ...] = ()
    learned: LearnedCases | None = None
    is_rule: bool = False

    def fits(self, names: Iterable[str]) -> bool | None:
        """Was it made for a pair of these modalities? None where either is not known.

        Examples
        --------
        >>> brain = NetworkOrigin((("MRI", "PET"),))
        >>> brain.fits(("PET", "MRI")), brain.fits(("Visible", "Infrared")), brain.fits(("dose", "CT"))
        (True, False, None)
        """
        asked = modalities_in(" ".join(names))
        if not self.made_for or len(asked) < 2:
            return None
        return asked in self.made_for

    def has_learned_from(self, entry: PairEntry) -> bool | None:
        """Has it learned from the pair's case? None where its card cannot tell.

        A collection that the card does not name may hold the same pictures under another folder's name.
        """
        if self.is_rule:
            return False
        if self.learned is None:
            return None
        if entry.is_generated:  # those learned from have other seeds
            return False
        named = {*self.learned.training, *self.learned.kept_out}
        if entry.group in named:
            return entry.case in self.learned.of(entry.group)
        seen = {modalities_in(name) for name, cases in self.learned.training.items() if cases}
        return None if modalities_in(" ".join(entry.names)) in {*seen, ()} else False


@dataclass(frozen=True)
class NetworkStanding:
    """A network beside one pair; see `NetworkOrigin`.

    Attributes
    ----------
    fits, has_learned : bool or None
        Made for these modalities; learned from this case. None where it is not known.
    made, learned : str
        The same in a few words, for beside the network's name.
    """

    fits: bool | None
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
        told = [self.made] * (self.fits is False) + [self.learned] * (self.has_learned is True)
        return " · ".join(told)


def standing(origin: NetworkOrigin, entry: PairEntry) -> NetworkStanding:
    """How a network stands to a pair.

    Examples
    --------
    >>> brain = NetworkOrigin((("MRI", "PET"),), LearnedCases({"mri_pet": frozenset({"25"})}))
    >>> def entry(group, case, names):
    ...     return PairEntry(f"{group}/{case}", group, case, "", names, lambda: None)
    >>> standing(brain, entry("mri_pet", "25", ("MRI", "PET"))).note
    'made for MRI–PET · learned from this case'
    >>> standing(brain, entry("street", "01", ("Visible", "Infrared"))).note
    'not made for Visible–Infrared · this case unseen'
    >>> standing(NetworkOrigin(is_rule=True), entry("mri_pet", "25", ("MRI", "PET"))).note
    'a rule, for any pair · learns nothing'
    """
    fits, has_learned = origin.fits(entry.names), origin.has_learned_from(entry)
    return NetworkStanding(fits, has_learned, _made(origin, entry, fits), _learned(origin, entry, has_learned))


def _made(origin: NetworkOrigin, entry: PairEntry, fits: bool | None) -> str:
    if origin.is_rule:
        return "a rule, for any pair"
    if fits is False:
        return f"not made for {'–'.join(entry.names)}"
    if not origin.made_for:
        return "its card does not say what it was made for"
    return f"made for {', '.join(map('–'.join, origin.made_for))}"


def _learned(origin: NetworkOrigin, entry: PairEntry, has_learned: bool | None) -> str:
    if origin.is_rule:
        return "learns nothing"
    if has_learned is None:
        return "not known whether it learned from this case"
    if has_learned:
        return "learned from this case"
    if entry.group == PHANTOMS and origin.learned and origin.learned.phantoms:
        return "learned from other phantoms"
    return "this scene unseen" if entry.group == NIGHTSCENES else "this case unseen"


def origin_of(pool: NetworkPool, name: str) -> NetworkOrigin:
    """Where the network ``name`` comes from, as far as its card says."""
    if name in pool.own:
        return _brought(pool, name)
    if not find(name).trained:
        return NetworkOrigin(is_rule=True)
    try:
        learned = learned_cases(name, pool.folder)
    except InputError as error:
        logger.debug("A card does not say what its network has learned from:", exc_info=error)
        return NetworkOrigin()
    collections = learned.told_apart or tuple(name for name, cases in learned.training.items() if cases)
    made_for = dict.fromkeys(modalities_in(collection) for collection in collections)
    return NetworkOrigin(tuple(each for each in made_for if len(each) == 2), learned)


def _brought(pool: NetworkPool, name: str) -> NetworkOrigin:
    try:
        network, _ = pool.unmeasured(name)
    except InputError as error:
        logger.debug("A brought network says nothing of itself:", exc_info=error)
        return NetworkOrigin()
    made_for = network.card.made_for if isinstance(network, CardedNetwork) else ()
    found = modalities_in(" ".join(made_for))
    return NetworkOrigin((found,) if len(found) == 2 else ())


def unseen_first(entries: Iterable[PairEntry], has_learned_from: Callable[[PairEntry], bool | None]) -> PairEntry:
    """The first of ``entries`` that a network has not learned from, as far as is known; else the first."""
    listed = list(entries)
    return next((entry for entry in listed if not has_learned_from(entry)), listed[0])

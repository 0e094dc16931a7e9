"""What a network was made for, and whether it has learned from the case in hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fusion.data.naming import case_of, modality
from fusion.errors import InputError
from fusion.method.learned_cases import LearnedCases, learned_cases
from fusion.method.registry import find
from fusion.shipped import SHIPPED

Modalities = frozenset[str]
"""The two modalities of a pair, in either order."""


@dataclass(frozen=True)
class Purpose:
    """What a network was made for, as far as it is told.

    Attributes
    ----------
    made_for : tuple of frozenset of str
        Modalities of the pairs it was made for; empty where nobody says, or where it is for any.
    is_general : bool
        Whether it is for any pair, as nothing in it was learned.
    learned : LearnedCases or None
        The cases it has learned from; None where nobody says, or nothing was learned.
    """

    made_for: tuple[Modalities, ...] = ()
    is_general: bool = False
    learned: LearnedCases | None = None

    def suits(self, names: tuple[str, str]) -> bool | None:
        """Was it made for a pair of these modalities? None where nobody says.

        Examples
        --------
        >>> made = Purpose((frozenset({"MRI", "PET"}),))
        >>> made.suits(("MRI", "PET")), made.suits(("Visible", "Infrared")), Purpose().suits(("MRI", "PET"))
        (True, False, None)
        """
        if self.is_general:
            return True
        return frozenset(map(_named, names)) in self.made_for if self.made_for else None

    def has_learned(self, collection: str, title: str) -> bool | None:
        """Has it learned from the case that the pair ``title`` of ``collection`` belongs to? None if untold.

        A collection goes by its folder's name; of one that the card does not name nothing is known.

        Examples
        --------
        >>> purpose = Purpose(learned=LearnedCases({"mri_pet": frozenset({"25"})}))
        >>> pairs = ("mri_pet", "25045"), ("mri_pet", "30011"), ("mine", "25045")
        >>> [purpose.has_learned(*pair) for pair in pairs]
        [True, False, None]
        """
        if self.is_general:
            return False
        if self.learned is None or collection not in {*self.learned.training, *self.learned.kept_out}:
            return None
        case = case_of(re.sub(r" \([0-9]+\)$", "", title))  # a number tells two pairs of one name apart
        return case in self.learned.of(collection)

    def said(self) -> str:
        """What it was made for, in a few words.

        Examples
        --------
        >>> Purpose((frozenset({"MRI", "PET"}), frozenset({"MRI", "SPECT"}))).said()
        'MRI–PET, MRI–SPECT'
        >>> Purpose(is_general=True).said(), Purpose().said()
        ('any pair', 'not told')
        """
        if self.is_general:
            return "any pair"
        return ", ".join("–".join(sorted(each)) for each in self.made_for) or "not told"


def purpose(name: str, folder: Path = SHIPPED) -> Purpose:
    """What was the registered method ``name`` made for, and what has it learned from, by its model card?

    It was made for the modalities of the collections that it has learned from; one with a classifier inside for
    those that the classifier tells apart.

    Examples
    --------
    >>> purpose("MaskNet").said(), purpose("Weighted Averaging").said()
    ('MRI–PET, MRI–SPECT', 'any pair')
    """
    if not find(name).trained:
        return Purpose(is_general=True)
    try:
        learned = learned_cases(name, folder)
    except InputError:  # no card, or one that does not say
        return Purpose()
    collections = learned.told_apart or tuple(learned.training)
    return Purpose(tuple(filter(None, map(_modalities, collections))), learned=learned)


def made_for(*names: str) -> Purpose:
    """That of a network whose card says what its two inputs are; nothing is told of what it has learned from.

    Examples
    --------
    >>> made_for("mri", "pet").said(), made_for().said()
    ('MRI–PET', 'not told')
    """
    return Purpose((frozenset(map(_named, names)),) if len(names) == 2 else ())


def _named(name: str) -> str:
    return modality(name) or name.casefold()


def _modalities(collection: str) -> Modalities | None:
    """Those that a collection's name has, e.g. ``"mri_pet"``; None where it does not name two."""
    found = frozenset(filter(None, map(modality, re.split(r"[_\W]+", collection))))
    return found if len(found) == 2 else None

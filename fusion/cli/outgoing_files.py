"""What ``--reference`` and ``--keep-identifiers`` mean, and what a person is told before a result leaves."""

from __future__ import annotations

import argparse

from fusion.cli.arguments import report
from fusion.cli.inputs import ChosenNetwork
from fusion.data.outgoing.origin import BURNT_IN, ResultOrigin
from fusion.data.outgoing.source_slice import SourceSlice, check_identifiers
from fusion.data.outgoing.unnamed import unnamed
from fusion.data.pairs import ImagePair
from fusion.errors import InputError

KEPT = (
    "Names and numbers of the patient and the study are written into the DICOM files, as --keep-identifiers asks."
)


def chosen_source(args: argparse.Namespace, pair: ImagePair) -> SourceSlice | None:
    """The slice that a pair of volumes is, or that ``--reference`` names; None where neither is known.

    Raises
    ------
    InputError
        The file cannot be used or holds a slice of another size, or identifiers are to be kept that no file has.
    """
    from fusion.data.outgoing.pair_source import pair_source  # loads the readers of DICOM
    from fusion.data.outgoing.reference_slice import reference_slice

    source = pair_source(pair)
    if args.reference is not None:
        if source is not None:
            raise InputError("These volumes say where they lie: leave --reference out.")
        source = reference_slice(args.reference)
        source.check_size(pair.shape)
    if args.keep_identifiers:
        check_identifiers(source)
    return source


def warn_before_leaving(args: argparse.Namespace) -> None:
    """Say on stderr what nobody looks for, and whether names are kept."""
    report(BURNT_IN)
    if args.keep_identifiers:
        report(KEPT)


def result_origin(
    asked: ChosenNetwork, pair: ImagePair, source: SourceSlice | None, what: str, *details: str
) -> ResultOrigin:
    """What made a result, as a command line names it, of which slice of volumes, and how the patient lies."""
    slice_ = unnamed(pair).origin
    parts = () if slice_ is None else slice_.parts()
    sides = () if source is None else ("right edge {}, lower edge {}".format(*source.orientation),)
    return ResultOrigin(asked.name, asked.weights, pair.content_hash, what, (*parts, *sides, *details))

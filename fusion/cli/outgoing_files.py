"""What ``--reference`` and ``--keep-identifiers`` mean, and what a person is told before a result leaves."""

from __future__ import annotations

import argparse

from fusion.cli.arguments import report
from fusion.cli.inputs import ChosenNetwork
from fusion.data.outgoing.origin import BURNT_IN, ResultOrigin
from fusion.data.outgoing.source_slice import SourceSlice
from fusion.data.pairs import ImagePair
from fusion.errors import InputError

KEPT = (
    "Names and numbers of the patient and the study are written into the DICOM files, as --keep-identifiers asks."
)


def chosen_source(args: argparse.Namespace, pair: ImagePair) -> SourceSlice | None:
    """The slice that ``--reference`` names, or None.

    Raises
    ------
    InputError
        The file cannot be used or holds a slice of another size, or identifiers are to be kept that no file has.
    """
    if args.reference is None:
        if args.keep_identifiers:
            raise InputError("--keep-identifiers goes with --reference FILE, the DICOM file that has them.")
        return None
    from fusion.data.outgoing.reference_slice import reference_slice  # loads the readers of DICOM

    source = reference_slice(args.reference)
    source.check_size(pair.shape)
    return source


def warn_before_leaving(args: argparse.Namespace) -> None:
    """Say on stderr what nobody looks for, and whether names are kept."""
    report(BURNT_IN)
    if args.keep_identifiers:
        report(KEPT)


def result_origin(asked: ChosenNetwork, pair: ImagePair, what: str, *details: str) -> ResultOrigin:
    """What made a result, by what a command line names."""
    return ResultOrigin(asked.name, asked.weights, pair.content_hash, what, details)

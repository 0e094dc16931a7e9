"""What the subcommand ``guidance`` does: both guidance images of a pair, or of every slice of two volumes."""

from __future__ import annotations

import argparse
from copy import copy
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from fusion.cli.arguments import report
from fusion.cli.inputs import ChosenNetwork, chosen_network, refuse_misfits
from fusion.cli.volume_inputs import chosen_scaling, two_volumes
from fusion.data.pairs import ImagePair
from fusion.data.swapped_pair import swapped
from fusion.data.volumes.volume_pair_files import VolumePairFiles
from fusion.errors import InputError
from saliency.cli.saliency_maps import check_look_and_place, checked, chosen, write_guidance
from saliency.cli.stem import target


def run_guidance(args: argparse.Namespace) -> None:
    """Compute both guidance images as the command line says, of one pair or slice by slice."""
    if args.every_slice:
        _every_slice(args)
    else:
        write_guidance(args, *chosen(args))


def _every_slice(args: argparse.Namespace) -> None:
    """Write every slice that is not there yet; one that cannot be had is told, and the others go on."""
    check_look_and_place(args)
    if args.first is None or args.second is None or args.slice is not None:
        raise InputError("--every-slice goes with two volumes, --first and --second, and without --slice.")
    volumes = two_volumes(args.first, args.second, same_space=args.same_space)
    if volumes is None:
        raise InputError("--every-slice is for volumes; two pictures are one pair.")
    asked, count = chosen_network(args), volumes.plane(args.plane).count
    done = sum(_has_slice(args, asked, volumes, number) for number in range(1, count + 1))
    print(f"{done} of {count} slices are there.")
    if not done:
        raise InputError("No slice has guidance; the reasons stand above.")


def _has_slice(args: argparse.Namespace, asked: ChosenNetwork, volumes: VolumePairFiles, number: int) -> bool:
    """Whether a slice is there, or could be written."""
    own, digits = copy(args), len(str(volumes.plane(args.plane).count))
    own.out = target(args.out, f"-{number:0{digits}d}")
    try:
        pair = volumes.read_slice(args.plane, number, scaling=chosen_scaling(args))
        pair = swapped(pair) if args.swap else pair
        if not _is_there(target(own.out, ".npz"), asked, pair):
            refuse_misfits([asked], pair)
            write_guidance(own, checked(asked, pair), pair)
    except InputError as error:
        report(f"Slice {number}: {error}")
        return False
    return True


def _is_there(file: Path, asked: ChosenNetwork, pair: ImagePair) -> bool:
    """Whether a file holds guidance of this pair by this network, and no estimate of it."""
    try:
        with np.load(file) as found:
            told = tuple(str(found[name]) for name in ("method", "weights_sha256", "pair_sha256"))
            return told == (asked.name, asked.weights, pair.content_hash) and "error" not in found
    except (OSError, KeyError, ValueError, BadZipFile):  # none, or of another program
        return False

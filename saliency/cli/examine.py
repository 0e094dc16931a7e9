"""What ``python -m saliency examine`` does: a network's examination, a line a point as each is done."""

from __future__ import annotations

import argparse
from dataclasses import replace

from fusion.errors import InputError
from fusion.method.own_network import own_network
from fusion.method.registry import find, is_registered
from saliency.examination.finding import Outcome, verdict
from saliency.examination.process import Examined, Limits, examine

WIDTH = 15
"""Of the column of the points' names."""


def run_examine(args: argparse.Namespace) -> int:
    """Print every finding; 1 where one failed or was not done."""
    shown = 0
    for examination in examine(examined_by(args), Limits(args.minutes, args.gigabytes)):
        for each in examination.findings[shown:]:
            print(f"{each.outcome.upper():<8} {each.point:<{WIDTH}} {each.sentence}", flush=True)
        shown = len(examination.findings)
    print(verdict(examination))
    return 1 if examination.of(Outcome.FAILED) or examination.of(Outcome.NOT_DONE) else 0


def examined_by(args: argparse.Namespace) -> Examined:
    """Which network the command line names.

    Raises
    ------
    InputError
        It is written as none can be, or weights are given for a method that has its own.
    """
    if is_registered(args.network):
        if args.weights is not None:
            raise InputError("--weights belongs to a network of your own; a method's lie in --checkpoints.")
        return Examined(find(args.network).name, args.checkpoints)
    own = own_network(args.network)
    return Examined(own=replace(own, weights=args.weights))

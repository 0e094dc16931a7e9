"""What ``python -m saliency receptive-field`` does: how far each method sees, printed, and put on its card."""

from __future__ import annotations

import argparse

from fusion.method.checkpoints import load_with_hash
from fusion.method.registry import find, methods
from saliency.receptive_field.locality import Locality, measure
from saliency.receptive_field.on_card import write_on_card


def run_receptive_field(args: argparse.Namespace) -> None:
    """Measure each method anew."""
    trained = [name for name, each in methods().items() if each.trained]
    names = [find(name).name for name in args.methods] or trained
    for name in names:
        network, weights = load_with_hash(name, args.checkpoints)
        found = measure(network)
        print(f"{name}: {_told(found)}", flush=True)
        if args.write and weights is not None:
            write_on_card(name, args.checkpoints, weights, found)


def _told(found: Locality) -> str:
    if not found.is_local:
        return found.reason
    return f"radius {found.radius}, stride {found.stride}"

"""``python -m fusion convert``: weights that torch wrote, as a safetensors file, which holds numbers alone."""

from __future__ import annotations

import argparse

import safetensors.torch

from fusion.cli.arguments import check_place
from fusion.errors import InputError
from fusion.method.checkpoints import write_whole
from fusion.method.weight_files import SAFETENSORS, flattened, read_weights


def run(args: argparse.Namespace) -> None:
    """Convert as the command line says."""
    if args.target.suffix.lower() != SAFETENSORS:
        raise InputError(
            f"The weights are written as safetensors; let --to end in {SAFETENSORS}, not {args.target.name!r}."
        )
    check_place(args.target)
    content, _ = read_weights(args.source)
    tensors = flattened(content)
    if not tensors:
        raise InputError(
            f"{args.source} holds no tensors; give the file that torch.save(network.state_dict(), …) wrote."
        )
    apart = {name: value.detach().clone().contiguous() for name, value in tensors.items()}  # none shares memory
    write_whole(args.target, safetensors.torch.save(apart))
    print(f"{args.target}: {len(apart)} tensors under their names in {args.source}, from {next(iter(apart))} on.")

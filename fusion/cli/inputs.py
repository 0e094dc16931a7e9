"""What the parsed arguments of several commands mean: pairs, folders, cases, a recipe, a device."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from fusion.cli.arguments import report
from fusion.cli.volume_inputs import two_inputs
from fusion.data.collection import Collection, PairFiles, read_collection
from fusion.data.pairs import ImagePair
from fusion.data.swapped_pair import swapped
from fusion.errors import InputError
from fusion.method.carded_network import CardedNetwork
from fusion.method.checkpoints import load_with_hash
from fusion.method.inference import as_tensors
from fusion.method.own_loading import load_own, name_of
from fusion.method.own_network import with_weights
from fusion.method.registry import find, is_registered
from fusion.synthetic.nightscene import nightscene
from fusion.synthetic.phantom import phantom
from fusion.training.loop import Recipe


@dataclass(frozen=True, eq=False)
class ChosenNetwork:
    """A network that a command line names.

    Attributes
    ----------
    name : str
    network : Module
        Eval mode, weights frozen.
    weights : str
        SHA-256 of its weights; empty where it has none.
    """

    name: str
    network: nn.Module
    weights: str


def chosen_network(args: argparse.Namespace) -> ChosenNetwork:
    """The one network that ``--method`` or ``--network`` names.

    Raises
    ------
    InputError
        It cannot be used, or there are several.
    """
    if args.method is not None:
        if args.own:
            raise InputError("--weights belongs to a --network of your own; a --method has --checkpoints.")
        return registered_network(args.method, args.checkpoints)
    networks = own_networks(args)
    if len(networks) != 1:
        raise InputError("Name one network: --method, or --network once.")
    return networks[0]


def registered_network(name: str, folder: Path) -> ChosenNetwork:
    """The registered method called ``name``, with its weights in ``folder``."""
    method = find(name)
    network, weights = load_with_hash(method.name, folder)
    return ChosenNetwork(method.name, network, weights or "")


def own_networks(args: argparse.Namespace) -> list[ChosenNetwork]:
    """The networks that ``--network`` and ``--weights`` bring, in their order.

    Raises
    ------
    InputError
        One cannot be used, or has a name that is taken.
    """
    brought = with_weights(args.own or ())
    names: list[str] = []
    for own in brought:
        name = name_of(own)
        if is_registered(name) or name in names:
            raise InputError(
                f"There is a network called {name} already; give yours another: --network {own.code}=NAME."
            )
        names.append(name)
    loaded = [load_own(own) for own in brought]
    return [
        ChosenNetwork(name, network, weights or "") for name, (network, weights) in zip(names, loaded, strict=True)
    ]


def refuse_misfits(networks: Iterable[ChosenNetwork], pair: ImagePair) -> None:
    """Ask each network of one's own for the pair once, before all else, with gradients.

    Raises
    ------
    InputError
        One does not take the pair, or gives no fused image.
    """
    for each in networks:
        if isinstance(each.network, CardedNetwork):
            # Copies: one that works in place is given them everywhere, and alters no leaf of a graph.
            each.network(*(image.requires_grad_().clone() for image in as_tensors(each.network, pair)))


def chosen_pair(args: argparse.Namespace) -> ImagePair:
    """The pair that ``--first`` and ``--second`` name, ``--phantom`` or ``--nightscene``, as ``--swap`` has it."""
    pair = _named_pair(args)
    for remark in pair.sentences:
        report(remark)
    return swapped(pair) if args.swap else pair


def _named_pair(args: argparse.Namespace) -> ImagePair:
    match args.first, args.second, args.phantom, args.nightscene:
        case Path() as first, Path() as second, None, None:
            return two_inputs(first, second, args)
        case None, None, int() as seed, None:
            return phantom(seed)
        case None, None, None, int() as seed:
            return nightscene(seed)
    raise InputError("Name a pair: both --first and --second, or --phantom or --nightscene alone.")


def use_threads(args: argparse.Namespace) -> None:
    """Compute with as many CPU threads as ``--threads`` says."""
    if args.threads is not None:
        torch.set_num_threads(args.threads)


def check_device(device: str) -> None:
    """Refuse CUDA where there is none."""
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("This computer has no CUDA device that torch can use; leave out --device cuda.")


def chosen_recipe(args: argparse.Namespace) -> Recipe:
    """The recipe that the flags of `add_recipe` describe."""
    return Recipe(
        steps=args.steps, side=args.side, batch=args.batch, learning_rate=args.learning_rate, seed=args.seed
    )


def read_collections(folders: Sequence[Path], *, same_space: bool = False) -> Mapping[str, Collection]:
    """Which pairs do these folders hold? By folder name; by whole path where two share a name.

    Pictures without a partner are reported on stderr, one line a folder.

    Raises
    ------
    InputError
        A folder is given twice, is missing, or holds no pair.
    """
    paths = [folder.resolve() for folder in folders]
    for path in paths:
        if paths.count(path) > 1:
            raise InputError(f"{path} is given twice; its pairs would count twice.")
    names = [path.name for path in paths]
    found = {}
    for path in paths:
        collection = read_collection(path, same_space=same_space)
        if collection.unpaired:
            report(f"{path}: {len(collection.unpaired)} pictures have no partner and are passed over.")
        for reason in collection.refused:
            report(reason)
        found[path.name if names.count(path.name) == 1 else str(path)] = collection
    return found


def check_cases(cases: Iterable[str], collections: Mapping[str, Sequence[PairFiles]]) -> None:
    """Refuse a case that no collection has."""
    known = list(dict.fromkeys(files.case for pairs in collections.values() for files in pairs))
    for case in cases:
        if case not in known:
            shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
            raise InputError(f"No pair belongs to case {case}; there are the cases {shown}.")

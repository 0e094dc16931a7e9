"""From where a brought network lies to the network: its code run, its weights filled in, its card's work done."""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
from torch import nn

from fusion.errors import InputError
from fusion.method.carded_network import CardedNetwork
from fusion.method.imported_code import CodePlace, checked_call, code_place, imported
from fusion.method.network_card import NetworkCard, read_card
from fusion.method.network_refusals import first_line
from fusion.method.onnx_file import is_onnx
from fusion.method.onnx_loading import load_onnx, onnx_name
from fusion.method.own_network import OwnNetwork
from fusion.method.weight_files import fill, read_weights


def load_own(own: OwnNetwork) -> tuple[CardedNetwork, str | None]:
    """The network that somebody brings, ready to be asked: eval mode, weights frozen; and its weights' SHA-256.

    Parameters
    ----------
    own : OwnNetwork
        A Python file is a program, and is run here.

    Returns
    -------
    CardedNetwork
        ``net(x1, x2) -> y``, all (N, 1, H, W), inputs in [0, 1].
    str or None
        The SHA-256 of the file of weights, or of the ONNX file; without a file that of the weights which the code
        gives the network, None where it has none.

    Raises
    ------
    InputError
        Code, card or weights cannot be used; in one sentence.
    """
    if is_onnx(own.code):
        return load_onnx(own)
    place = code_place(own.code)
    card = card_of(place)
    weights = None if own.weights is None else read_weights(Path(own.weights).expanduser())
    network = _built(place, card)
    if own.weights is None or weights is None:
        digest = _digest_of(network)
    else:
        content, digest = weights
        fill(network, content, card, own.weights)
    carded = CardedNetwork(network, card, own.name or card.name or _name_in(place))
    return carded.eval().requires_grad_(False), digest


def name_of(own: OwnNetwork) -> str:
    """What a brought network is called; known without running its file.

    Raises
    ------
    InputError
        Its code or its card is not there or cannot be read.
    """
    if own.name:
        return own.name
    if is_onnx(own.code):
        return onnx_name(own)
    place = code_place(own.code)
    return card_of(place).name or _name_in(place)


def card_of(place: CodePlace) -> NetworkCard:
    """The card beside the code; one without any line where there is none.

    Raises
    ------
    InputError
        The card cannot be used, or the module it belongs to cannot be found.
    """
    path = place.card
    return NetworkCard() if path is None else read_card(path)


def _name_in(place: CodePlace) -> str:
    return place.attribute.rpartition(".")[2]


def _built(place: CodePlace, card: NetworkCard) -> nn.Module:
    """The network as its code makes it."""
    title = _name_in(place)
    with imported(place) as target:
        if isinstance(target, nn.Module):
            if card.arguments:
                raise InputError(f"{title} is built already; leave [arguments] out of {card.place}.")
            return copy.deepcopy(target)  # the module's own stays as it is
        if not callable(target):
            raise InputError(
                f"{title} is a {type(target).__name__}, no network; name a class or a function that makes one."
            )
        if against := checked_call(target, dict(card.arguments)):
            raise InputError(
                f"{title} cannot be built: {against}; write its arguments into {card.place}, under [arguments], "
                "or name a function of yours that builds it."
            )
        try:
            network: Any = target(**card.arguments)
        except InputError:
            raise
        except (URLError, ConnectionError) as error:
            raise InputError(
                f"{title} downloads something when it is built, which cannot be had from here "
                f"({first_line(error)}); name a function of yours that builds it without, and give all weights by "
                "--weights."
            ) from error
        except (Exception, SystemExit) as error:  # whatever somebody's code raises
            raise InputError(
                f"{title} cannot be built ({type(error).__name__}: {first_line(error)}); "
                f"mend it, or write other [arguments] into {card.place}."
            ) from error
    if not isinstance(network, nn.Module):
        raise InputError(f"{title} makes a {type(network).__name__}; let it make a torch.nn.Module.")
    if getattr(network.forward, "__func__", None) is nn.Module.forward:
        raise InputError(
            f"{title} has no forward, so nothing says how it fuses two images; write a class derived from it with "
            "forward(self, first, second), and name that."
        )
    return network


def _digest_of(network: nn.Module) -> str | None:
    """Over names, types, shapes and bytes of all weights; None without any."""
    state, digest = network.state_dict(), hashlib.sha256()
    for name, value in state.items():
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest() if state else None

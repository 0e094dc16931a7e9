"""From an ONNX file to a network that is ready to be asked."""

from __future__ import annotations

import logging

from fusion.errors import InputError
from fusion.method.carded_network import CardedNetwork
from fusion.method.network_card import NetworkCard, read_card
from fusion.method.onnx_file import onnx_path, read_onnx
from fusion.method.onnx_network import converted, one_size
from fusion.method.onnx_packages import onnx_packages
from fusion.method.onnx_parity import check_parity
from fusion.method.own_network import OwnNetwork

logger = logging.getLogger(__name__)


def load_onnx(own: OwnNetwork) -> tuple[CardedNetwork, str]:
    """The network in an ONNX file, as onnxruntime runs it but in torch; and the file's SHA-256.

    Needs the extra ``onnx``. Nothing in the file is run but ONNX's own operators.

    Raises
    ------
    InputError
        The packages are not installed; file or card cannot be used; the converted network is not what onnxruntime
        gives for noise and a phantom at two sizes; in one sentence.
    """
    path = onnx_path(own.code)
    card = read_card(path.with_suffix(".toml"))
    if own.weights is not None:
        raise InputError(f"{path.name} holds its weights; leave --weights {own.weights} out.")
    if card.arguments or card.checkpoint_key or card.checkpoint_prefix:
        raise InputError(
            f"{path.name} is built already; leave arguments, checkpoint_key and checkpoint_prefix "
            f"out of {card.place}."
        )
    packages = onnx_packages(path.name)
    file = read_onnx(path, packages)
    network = converted(file, packages)
    carded = CardedNetwork(network, card, onnx_name(own, card)).eval().requires_grad_(False)
    check_parity(carded, network, file, packages)
    if any(file.size):
        logger.warning("%s", one_size(file.name, file.size))
    return carded, file.digest


def onnx_name(own: OwnNetwork, card: NetworkCard | None = None) -> str:
    """What it is called: as the person says, else as its card says, else as its file.

    Raises
    ------
    InputError
        The file is not there, or its card cannot be read.
    """
    path = onnx_path(own.code)
    return own.name or (card or read_card(path.with_suffix(".toml"))).name or path.stem

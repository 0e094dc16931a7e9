"""Trained weights: a .safetensors file and a model card beside it, checked against each other."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import nn

from fusion.errors import InputError
from fusion.method.card_depth import is_too_deep
from fusion.method.imported_code import is_entry_point
from fusion.method.onnx_file import is_onnx
from fusion.method.own_loading import load_own
from fusion.method.own_network import OwnNetwork, own_network
from fusion.method.registry import Method, find, is_registered
from fusion.method.weight_files import check_finite
from fusion.shipped import SHIPPED


def load(name: str, folder: Path = SHIPPED, *, weights: Path | str | None = None) -> nn.Module:
    """The fusion network called ``name``, ready to be asked: eval mode, weights frozen.

    Parameters
    ----------
    name : str
        A registered method, e.g. ``"MaskNet"``; or a network of one's own: ``"my_net.py:MyNet"``,
        ``"package.module:factory"``, ``"my_net.onnx"`` (with the extra ``onnx``), or the name of an entry point of
        the group ``fusevis.networks``. What it takes and gives stands on its card (`fusion.NetworkCard`),
        ``my_net.toml`` beside ``my_net.py``.
    folder : Path
        Where ``masknet.safetensors`` and its card ``masknet.json`` lie.
    weights : path, optional
        An own network's weights, ``.safetensors``, ``.pth`` or ``.pt``; else those its code gives it.

    Returns
    -------
    Module
        ``net(x1, x2) -> y``, all (N, 1, H, W), inputs in [0, 1].

    Raises
    ------
    InputError
        The method is unknown, or its checkpoint is missing, unreadable, damaged or made for another network;
        code, card or weights of an own network cannot be used.

    Examples
    --------
    >>> load("weighted averaging").training
    False
    """
    network, _ = load_with_hash(name, folder, weights=weights)
    return network


def load_with_hash(
    name: str, folder: Path = SHIPPED, *, weights: Path | str | None = None
) -> tuple[nn.Module, str | None]:
    """The network as `load` gives it, and the SHA-256 of exactly the weights in it; None without weights.

    Raises
    ------
    InputError
        As `load`.

    Examples
    --------
    >>> load_with_hash("weighted averaging")[1] is None
    True
    """
    if own := _own(name, weights):
        return load_own(own)
    method = find(name)
    data, digest = _weights(method, folder) if method.trained else (None, None)
    network = method.build()  # takes long, which one whose weights are missing is not worth
    if data is not None:
        _fill(network, data, method, folder)
    return network.eval().requires_grad_(False), digest


def _own(name: str, weights: Path | str | None) -> OwnNetwork | None:
    """The own network that ``name`` describes; None where it is a registered method's, or nobody's."""
    # Entry points come last: all installed packages are searched for them.
    if not is_registered(name) and (":" in name or name.endswith(".py") or is_onnx(name) or is_entry_point(name)):
        return replace(own_network(name), weights=None if weights is None else Path(weights))
    if weights is not None:
        method = find(name)
        raise InputError(
            f"{method.name} is no network of your own; name the folder of other weights for it instead."
        )
    return None


def card(name: str, folder: Path = SHIPPED) -> Mapping[str, Any]:
    """The model card of a trained method: data, split, recipe, losses, date, versions, SHA-256.

    Raises
    ------
    InputError
        The card is missing, cannot be read or is no JSON object.
    """
    method = find(name)
    path = folder / f"{method.weights_slug}.json"
    command = f"python -m fusion train --method {method.weights_slug} --data DIR --out {folder}"
    data = _content(path, method, f"there is no model card {path}; train it with `{command}`")
    try:
        content = json.loads(data.decode())
    except (ValueError, RecursionError):
        content = None
    is_card = isinstance(content, dict) and "sha256" in content and isinstance(content.get("parameters", 0), int)
    if not isinstance(content, dict) or not is_card or is_too_deep(content):
        raise InputError(f"The model card {path} is damaged; restore it together with its weights.")
    return content


def save(network: nn.Module, method: Method, about: Mapping[str, Any], folder: Path) -> Path:
    """Write weights and card, each whole or not at all, and return the weights' path.

    ``about`` is the card's content; method, reference, parameter count and the weights' SHA-256 are added.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = _path(method, folder)
    state = {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}
    data = safetensors.torch.save(state)
    write_whole(weights, data)
    content = {
        "method": method.name,
        "reference": method.reference,
        "parameters": sum(p.numel() for p in network.parameters()),
        "sha256": hashlib.sha256(data).hexdigest(),
        **about,
    }
    _write_card(weights.with_suffix(".json"), content)
    return weights


def add_to_card(name: str, about: Mapping[str, Any], folder: Path) -> None:
    """Write more on the card of a method, in the place of what stood under the same words.

    Raises
    ------
    InputError
        As `card`.
    """
    path = folder / f"{find(name).weights_slug}.json"
    _write_card(path, {**card(name, folder), **about})


def _write_card(path: Path, content: Mapping[str, Any]) -> None:
    write_whole(path, json.dumps(content, indent=2, ensure_ascii=False).encode())


def write_whole(path: Path, data: bytes) -> None:
    """Write ``data`` so that a reader (or a crash) never meets half a file; who may read it, the umask says."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    file = part.open("xb")  # not by tempfile, whose files are their owner's alone
    try:
        with file:
            file.write(data)
        part.replace(path)
    except BaseException:  # an interruption too: half a file is of no use to anyone
        part.unlink(missing_ok=True)
        raise


def _content(path: Path, method: Method, absence: str) -> bytes:
    """A file's bytes; InputError with ``absence`` where it is missing, or with the system's reason."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        reason = absence
    except OSError as error:
        reason = f"{path} cannot be read ({error.strerror})"
    raise InputError(f"{method.name} is not installed: {reason}.")


def _weights(method: Method, folder: Path) -> tuple[bytes, str]:
    """The bytes of a method's weights and their SHA-256, which is the card's."""
    expected = card(method.name, folder)["sha256"]
    path = _path(method, folder)
    data = _content(path, method, f"its weights {path} are missing")
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise InputError(
            f"The weights {path} are not those of their model card (SHA-256 differs); restore both files."
        )
    return data, found


def _fill(network: nn.Module, data: bytes, method: Method, folder: Path) -> None:
    """Put weights into a network; InputError where they are another's."""
    try:
        state = safetensors.torch.load(data)
        network.load_state_dict(state)
    except (SafetensorError, RuntimeError) as error:
        raise InputError(
            f"The weights {_path(method, folder)} do not fit {method.name}: another network made them."
        ) from error
    check_finite(state, {name for name, _ in network.named_parameters()}, _path(method, folder))


def _path(method: Method, folder: Path) -> Path:
    return folder / f"{method.weights_slug}.safetensors"

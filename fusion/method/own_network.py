"""A network that somebody brings, as it is written on a command line: where its code and its weights lie."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from fusion.errors import InputError

WRITTEN = re.compile(r"(?P<code>.+?:[^\W\d][\w.]*|.+?\.(?i:onnx)|[^=]+)(=(?P<name>.+))?")
"""``file.py:Class``, ``package.module:factory``, ``file.onnx`` or an entry point; then perhaps ``=NAME``."""


@dataclass(frozen=True)
class OwnNetwork:
    """Where a brought network comes from. Nothing is opened or run before it is loaded.

    Attributes
    ----------
    code : str
        ``"my_net.py:MyNet"``, ``"package.module:factory"``, ``"my_net.onnx"``, or the name of an entry point of
        the group ``fusevis.networks``.
    weights : Path or None
        A file of weights; None for those that the code itself gives the network.
    name : str
        What it is called in lists; empty for the name on its card, or else that of the class.

    Examples
    --------
    >>> OwnNetwork("my_net.py:MyNet").weights is None
    True
    """

    code: str
    weights: Path | None = None
    name: str = ""


def own_network(text: str) -> OwnNetwork:
    """Read ``CODE`` or ``CODE=NAME``.

    Raises
    ------
    InputError
        It is not written so, or the name holds a comma.

    Examples
    --------
    >>> own_network("nets/my_net.py:MyNet=Mine")
    OwnNetwork(code='nets/my_net.py:MyNet', weights=None, name='Mine')
    """
    found = WRITTEN.fullmatch(text.strip())
    if found is None:
        raise InputError(f"{text!r} names no network; write file.py:Class, perhaps with =NAME behind it.")
    return OwnNetwork(found["code"].strip(), name=checked_name((found["name"] or "").strip()))


def checked_name(name: str) -> str:
    """The name, refused where a list with commas or a file could not hold it."""
    if "," in name:
        raise InputError(f"Lists of networks have commas between the names; {name!r} cannot hold one.")
    if not name.isprintable():
        raise InputError(f"A network's name is a line of plain characters, not {name!r}.")
    return name


def with_weights(given: Iterable[OwnNetwork | Path]) -> tuple[OwnNetwork, ...]:
    """Each network with the file of weights that was given right after it; one of each may come in any order.

    Raises
    ------
    InputError
        A file of weights stands before any network, or a second one after the same.

    Examples
    --------
    >>> first, second = with_weights([OwnNetwork("a.py:A"), Path("a.safetensors"), OwnNetwork("b.py:B")])
    >>> first.weights.name, second.weights
    ('a.safetensors', None)
    """
    parts = list(given)
    if len(parts) == 2 and isinstance(parts[0], Path):
        parts.reverse()
    networks: list[OwnNetwork] = []
    for part in parts:
        if isinstance(part, OwnNetwork):
            networks.append(part)
        elif not networks or networks[-1].weights is not None:
            raise InputError(f"Give --weights {part} right after the --network that it belongs to, one for each.")
        else:
            networks[-1] = replace(networks[-1], weights=part)
    return tuple(networks)

"""Files of weights that somebody brings: read without running anything in them, fitted to a network strictly."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from fusion.errors import InputError
from fusion.method.network_card import NetworkCard
from fusion.method.network_refusals import first_line

SAFETENSORS = ".safetensors"
UNSUPPORTED = re.compile(r"Unsupported global: GLOBAL (\S+)")
"""torch's words for a class that it does not read; others it forbids, as they run programs."""
MOST_FOREIGN = 64
"""Classes in one file that are put aside, at most."""
UNCOUNTED = "num_batches_tracked"
"""What BatchNorm counts in training; old files lack it, and nothing in eval mode depends on it."""


def read_weights(path: Path) -> tuple[Mapping[Any, Any], str]:
    """What a file of weights holds, and the SHA-256 of exactly these bytes.

    Raises
    ------
    InputError
        The file is missing, damaged, no file of weights, or asks its reader to run something.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(f"There are no weights {path}.") from error
    except OSError as error:
        raise InputError(f"The weights {path} cannot be read ({error.strerror}).") from error
    content = _safetensors(data, path) if path.suffix.lower() == SAFETENSORS else _torch(data, path)
    return content, hashlib.sha256(data).hexdigest()


def _safetensors(data: bytes, path: Path) -> Mapping[Any, Any]:
    try:
        return safetensors.torch.load(data)
    except SafetensorError as error:
        raise InputError(f"The weights {path} are damaged or no safetensors file; write them anew.") from error


def _torch(data: bytes, path: Path) -> Mapping[Any, Any]:
    try:
        content = _inert(data)
    except Exception as error:  # whatever a damaged or forbidden archive makes of its reader
        raise InputError(_unreadable(path, error)) from error
    if not isinstance(content, Mapping):
        kind = "whole network or another object" if isinstance(content, Foreign) else type(content).__name__
        raise InputError(
            f"{path} holds a {kind}, no dictionary of weights; write it by torch.save(network.state_dict(), FILE)."
        )
    return content


class Foreign:
    """Stands for an object that is not read, a training's settings or NumPy's numbers. It does nothing."""

    def __init__(self, *arguments: object, **keywords: object) -> None:
        pass

    def __new__(cls, *arguments: object, **keywords: object) -> Foreign:
        """One more, whatever it was made from."""
        del arguments, keywords
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Forget what it held."""


def _inert(data: bytes) -> Any:  # noqa: ANN401  # whatever was saved
    """What ``torch.save`` wrote; beside tensors and containers `Foreign` objects; nothing runs."""
    foreign: list[tuple[type[Foreign], str]] = []
    while True:
        try:
            with torch.serialization.safe_globals(foreign):  # type: ignore[arg-type]  # it takes such pairs
                return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        except Exception as error:
            found = UNSUPPORTED.search(str(error))
            if found is None or len(foreign) == MOST_FOREIGN or found[1] in [name for _, name in foreign]:
                raise
            foreign.append((Foreign, found[1]))


def flattened(content: Mapping[Any, Any]) -> dict[str, Tensor]:
    """All tensors of dictionaries within dictionaries, their keys joined by dots; everything else is left out.

    Examples
    --------
    >>> list(flattened({"epoch": 3, "encoder": {"weight": torch.zeros(1)}}))
    ['encoder.weight']
    """
    found: dict[str, Tensor] = {}
    for key, value in content.items():
        if isinstance(value, Tensor):
            found[str(key)] = value
        elif isinstance(value, Mapping):
            found |= {f"{key}.{name}": tensor for name, tensor in flattened(value).items()}
    return found


def fill(network: nn.Module, content: Mapping[Any, Any], card: NetworkCard, path: Path) -> None:
    """Put a file's weights into ``network``, where names and shapes are all and exactly its own.

    Parameters
    ----------
    network : Module
    content : mapping
        As `read_weights` gives it.
    card : NetworkCard
        Whose ``checkpoint_key`` and ``checkpoint_prefix`` say which part of it.
    path : Path
        The file, as sentences name it.

    Raises
    ------
    InputError
        A name is missing or unknown, a shape is another, or a value is not finite; where a key or a prefix would
        make the names fit, the sentence says how to write it on the card.
    """
    chosen = _prefixed(_under_key(content, card, path), card, path)
    own = network.state_dict()
    state = {name: value for name, value in chosen.items() if name in own or not name.endswith(UNCOUNTED)}
    state |= {name: value for name, value in own.items() if name.endswith(UNCOUNTED) and name not in state}
    if state.keys() != own.keys():
        raise InputError(_other_names(own, state, content, card, path))
    for name, value in state.items():
        if value.shape != own[name].shape:
            raise InputError(
                f"The weights {path} do not fit: {name} is {_shape(value)} in the file and {_shape(own[name])} in "
                f"the network; give its constructor the training's arguments, under [arguments] in {card.place}."
            )
    check_finite(state, dict(network.named_parameters()).keys(), path)
    try:
        network.load_state_dict(state)
    except Exception as error:  # a network may take its weights in a way of its own
        raise InputError(f"The weights {path} do not fit: {first_line(error)}.") from error


def _under_key(content: Mapping[Any, Any], card: NetworkCard, path: Path) -> Mapping[Any, Any]:
    part: Any = content
    keys = [card.checkpoint_key] if card.checkpoint_key in content else card.checkpoint_key.split(".")
    for key in keys if card.checkpoint_key else ():
        if not isinstance(part, Mapping) or not isinstance(part.get(key), Mapping):
            raise InputError(
                f'{path} has no dictionary under checkpoint_key = "{card.checkpoint_key}" of {card.place}; '
                f"it holds {_some(list(content))}."
            )
        part = part[key]
    found: Mapping[Any, Any] = part
    return found


def _prefixed(content: Mapping[Any, Any], card: NetworkCard, path: Path) -> dict[str, Tensor]:
    state, prefix = flattened(content), card.checkpoint_prefix
    chosen = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    if prefix and not chosen:
        raise InputError(
            f'No name in {path} begins with checkpoint_prefix = "{prefix}" of {card.place}; '
            f"there are {_some(list(state))}."
        )
    return chosen


def _other_names(
    own: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    content: Mapping[Any, Any],
    card: NetworkCard,
    path: Path,
) -> str:
    if not own:
        return f"The network has no weights of its own; leave {path} out."
    lines = _fitting_lines([name for name in own if not name.endswith(UNCOUNTED)], content)
    if lines:
        return f"The names in {path} are not the network's; write {' and '.join(lines)} into {card.place}."
    missing = [name for name in own if name not in state]
    unknown = sorted(str(name) for name in state if name not in own)  # files have them in any order
    parts = [f"it lacks {_some(missing)}"] if missing else []
    parts += [f"{_some(unknown)} {'is' if len(unknown) == 1 else 'are'} not the network's"] if unknown else []
    return f"The weights {path} do not fit: {' and '.join(parts)}; bring the file that this code has written."


def _unreadable(path: Path, error: Exception) -> str:
    """Why torch's restricted reader could not read a file."""
    if found := re.search(r"GLOBAL (\S+)", str(error)):
        return (
            f"{path} holds more than weights ({found[1]}), and reading that could run code; "
            "save the weights alone: torch.save(network.state_dict(), FILE)."
        )
    return f"The weights {path} are damaged, or neither {SAFETENSORS} nor written by torch.save; write them anew."


def _fitting_lines(own: Sequence[str], content: Mapping[Any, Any]) -> list[str]:
    """The lines of a card, key and prefix, with which all names of the network are found; empty if none are."""
    names = flattened(content).keys()
    for candidate in names:
        before = candidate.removesuffix(own[0]) if own and candidate.endswith(own[0]) else ""
        if before.endswith(".") and all(before + name in names for name in own):
            return _key_and_prefix(before, content)
    return []


def _key_and_prefix(before: str, content: Mapping[Any, Any]) -> list[str]:
    """``"model.module."`` as the lines that say it, the keys of dictionaries apart from what names begin with."""
    keys: list[str] = []
    part, rest = content, before
    while (key := rest.split(".")[0]) and isinstance(part.get(key), Mapping):
        keys.append(key)
        part, rest = part[key], rest[len(key) + 1 :]
    lines = [f'checkpoint_key = "{".".join(keys)}"'] if keys else []
    return lines + ([f'checkpoint_prefix = "{rest}"'] if rest else [])


def check_finite(state: Mapping[str, Tensor], parameters: Collection[str], path: Path) -> None:
    """Refuse NaN anywhere and infinity in what is learned; a mask among the buffers may be infinite."""
    for name, value in state.items():
        if value.isnan().any() or (name in parameters and not value.isfinite().all()):
            raise InputError(f"The weights {path} hold values in {name} that are not finite; bring others.")


def _shape(value: Tensor) -> str:
    return "×".join(map(str, value.shape)) or "a number"


def _some(names: Sequence[object], most: int = 3) -> str:
    shown = ", ".join(map(str, names[:most]))
    return shown + (f" and {len(names) - most} more" if len(names) > most else "") if names else "nothing"

"""A file in ONNX's format that somebody brings: data, read without running anything in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fusion.errors import InputError
from fusion.method.network_refusals import first_line
from fusion.method.onnx_packages import OnnxPackages

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto

ENDING = ".onnx"
LARGEST = 2**30
"""Bytes of a file together with those that it keeps weights in; the format itself ends at twice as many."""
OWN_DOMAINS = ("", "ai.onnx")
"""Of the operators that ONNX itself defines; others' are code of their own."""
Size = tuple[int | None, int | None]
ROWS, COLS = 2, 3
RANK = 4


@dataclass(frozen=True)
class OnnxFile:
    """What a file holds.

    Attributes
    ----------
    path : Path
    model : ModelProto
        With all weights in it.
    inputs : tuple of str
        Their names, in the file's order.
    size : tuple of two (int or None)
        Rows and columns that it was exported for; None where it takes any.
    digest : str
        SHA-256 of the file; where it keeps weights in others, of all of them, one after the other.
    """

    path: Path
    model: ModelProto
    inputs: tuple[str, ...]
    size: Size
    digest: str

    @property
    def name(self) -> str:
        """As sentences call it."""
        return self.path.name


def is_onnx(code: str) -> bool:
    """Whether a file in ONNX's format is named.

    Examples
    --------
    >>> is_onnx("nets/my_net.onnx"), is_onnx("my_net.py:MyNet")
    (True, False)
    """
    return code.lower().endswith(ENDING)


def onnx_path(code: str) -> Path:
    """Where the file lies.

    Raises
    ------
    InputError
        It is not there.
    """
    path = Path(code).expanduser().resolve()
    if not path.is_file():
        raise InputError(f"There is no file {code}; write the path from where you are.")
    return path


def read_onnx(path: Path, packages: OnnxPackages) -> OnnxFile:
    """Read a file and the files of weights that belong to it.

    Raises
    ------
    InputError
        It is damaged or too large, keeps weights outside of its folder, has operators that are not ONNX's own,
        branches or loops, or takes something else than float32; in one sentence.
    """
    data = _bytes(path, path.name)
    model = packages.onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # of protobuf, whose modules are imported nowhere here
        raise InputError(_damaged(path.name, error)) from error
    _check_nodes(model.graph.node, path.name)
    weights = _gather_weights(model, path)
    try:
        packages.onnx.checker.check_model(model)
    except Exception as error:  # the checker's own, which is no common one's child
        raise InputError(_damaged(path.name, error)) from error
    inputs = _inputs(model, packages, path.name)
    digest = hashlib.sha256(data)
    for each in weights:
        digest.update(each)
    names = tuple(each.name for each in inputs)
    return OnnxFile(path, model, names, _size(inputs), digest.hexdigest())


def _damaged(name: str, error: Exception) -> str:
    return f"{name} is damaged or no ONNX file ({first_line(error)}); export it anew."


def _bytes(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{name} has more than {LARGEST >> 30} GiB; bring a smaller network.")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{name} cannot be read ({error.strerror}); put it back, or export it anew.") from error


def _gather_weights(model: ModelProto, path: Path) -> list[bytes]:
    """Put weights that lie in other files into the model; what these files hold, each once.

    Only initializers may lie elsewhere, and only in the file's own folder or below it.
    """
    found: dict[str, bytes] = {}
    for tensor in model.graph.initializer:
        if tensor.data_location == tensor.EXTERNAL:
            place = {entry.key: entry.value for entry in tensor.external_data}
            location = place.get("location", "")
            if location not in found:
                found[location] = _bytes(_inside(path, location), location)
            if sum(map(len, found.values())) > LARGEST:
                raise InputError(f"The weights of {path.name} have more than {LARGEST >> 30} GiB; bring fewer.")
            _fill(tensor, place, found[location], path.name)
    if any(tensor.data_location == tensor.EXTERNAL for node in model.graph.node for tensor in _tensors(node)):
        raise InputError(f"{path.name} keeps constants in another file; export it with external_data=False.")
    return list(found.values())


def _inside(path: Path, location: str) -> Path:
    """The file of weights called ``location``, which links may not lead out of the folder either."""
    folder = path.parent
    file = (folder / location).resolve()
    if not location or Path(location).is_absolute() or not file.is_relative_to(folder):
        raise InputError(
            f"{path.name} keeps weights outside of its folder ({location or 'nowhere'}); "
            "export it with external_data=False."
        )
    return file


def _fill(tensor: TensorProto, place: Mapping[str, str], data: bytes, name: str) -> None:
    try:
        start = int(place.get("offset", 0))
        end = start + int(place.get("length", len(data) - start))
    except ValueError as error:
        raise InputError(_damaged(name, error)) from error
    if not 0 <= start <= end <= len(data):
        raise InputError(f"{place['location']} is shorter than {name} says; export both anew.")
    tensor.raw_data = data[start:end]
    tensor.ClearField("external_data")
    tensor.ClearField("data_location")


def _tensors(node: NodeProto) -> Iterator[TensorProto]:
    for attribute in node.attribute:
        yield attribute.t
        yield from attribute.tensors


def _check_nodes(nodes: Sequence[NodeProto], name: str) -> None:
    for node in nodes:
        if node.domain not in OWN_DOMAINS:
            raise InputError(
                f"{name} has an operator of {node.domain} ({node.op_type}), which is not ONNX's own and may be "
                "any code; export it with ONNX's operators alone."
            )
        if any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
            raise InputError(f"{name} branches or loops ({node.op_type}); bring the code of this network instead.")


def _inputs(model: ModelProto, packages: OnnxPackages, name: str) -> list[ValueInfoProto]:
    """What a caller gives; old files list their weights among the inputs."""
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in weights]
    for each in inputs:
        kind = each.type.tensor_type.elem_type
        if kind != packages.onnx.TensorProto.FLOAT:
            given = packages.onnx.TensorProto.DataType.Name(kind).lower()
            raise InputError(f"{name} takes {given} ({each.name}); export the network in float32.")
    return inputs


def _size(inputs: Sequence[ValueInfoProto]) -> Size:
    """The rows and columns that a file was written for."""
    size: Size = (None, None)
    for each in inputs:
        axes = each.type.tensor_type.shape.dim
        if len(axes) == RANK:
            size = (axes[ROWS].dim_value or size[0], axes[COLS].dim_value or size[1])
    return size

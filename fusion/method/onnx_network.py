"""A network out of an ONNX file, converted to torch; `fusion.method.onnx_parity` compares it with onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from fusion.errors import InputError, NetworkSizeError
from fusion.method.network_refusals import first_line
from fusion.method.onnx_file import OnnxFile, Size
from fusion.method.onnx_packages import OnnxPackages

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

DOUBLE = 11
"""float64, as ONNX counts types."""
FLOAT = 1


class OnnxNetwork(nn.Module):
    """What an ONNX file describes, in torch: takes what the file takes, in its order, and gives what it gives.

    A file says nothing of derivatives. Where one is not defined, as at the edge of a clip or at equal values of a
    maximum, it is one of those at the sides, not always that of the code from which the file was exported.

    Parameters
    ----------
    graph : Module
        As it was converted.
    inputs : sequence of str
        The names of the file's inputs.
    size : tuple of two (int or None)
        The only rows and columns that the file takes; None where it takes any.
    name : str
        The file's, for sentences.

    Attributes
    ----------
    one_by_one : bool
        Whether pictures of a batch are asked one after the other: the file was written for one.
    """

    def __init__(self, graph: nn.Module, inputs: Sequence[str], size: Size, name: str) -> None:
        super().__init__()
        self.graph = graph
        self.inputs = tuple(inputs)
        self.name = name
        self.size = size
        self.one_by_one = False

    def forward(self, *images: Tensor) -> Tensor | list[Tensor]:
        """Fuse a batch of images (N, C, H, W); a list where the file gives several things.

        Raises
        ------
        NetworkSizeError
            The file takes one size alone, and this is another.
        TypeError
            It takes more inputs, or fewer.
        """
        check_count(self.inputs, images)
        if any(taken not in (None, side) for taken, side in zip(self.size, images[0].shape[-2:], strict=True)):
            raise NetworkSizeError(one_size(self.name, self.size))
        if not self.one_by_one or images[0].shape[0] == 1:
            given: Tensor | list[Tensor] = self.graph(*images)
            return given
        singles = [self.graph(*single) for single in zip(*(image.split(1) for image in images), strict=True)]
        if isinstance(singles[0], list):
            return [torch.cat(parts) for parts in zip(*singles, strict=True)]
        return torch.cat(singles)


def one_size(name: str, size: Size) -> str:
    """What is said of a file that takes one size alone.

    Examples
    --------
    >>> one_size("my_net.onnx", (64, None))
    'my_net.onnx takes 64 × any pixels only, as it was exported; export it with dynamic axes for others.'
    """
    sides = " × ".join(str(side or "any") for side in size)
    return f"{name} takes {sides} pixels only, as it was exported; export it with dynamic axes for others."


def check_count(inputs: Sequence[str], images: Sequence[Tensor]) -> None:
    """Refuse more or fewer images than the file takes (TypeError)."""
    if len(images) != len(inputs):
        names = ", ".join(inputs)
        raise TypeError(f"it takes {len(inputs)} input{'' if len(inputs) == 1 else 's'} ({names})")


def converted(file: OnnxFile, packages: OnnxPackages) -> OnnxNetwork:
    """The network in torch, its values not yet compared.

    Raises
    ------
    InputError
        It has an operator that cannot be converted.
    """
    model = packages.onnx.ModelProto()
    model.CopyFrom(file.model)
    _rewrite(model.graph, file.inputs)
    foreign = [each for each in model.opset_import if each.domain]
    for each in foreign:  # named, but used nowhere
        model.opset_import.remove(each)
    try:
        graph: nn.Module = packages.convert(model)
    except Exception as error:  # whatever a converter makes of a file
        raise InputError(
            f"{file.name} cannot be converted ({type(error).__name__}: {first_line(error)}); export it with "
            "another opset, or bring the network's code."
        ) from error
    for name, layer in list(graph.named_children()):
        if type(layer).__name__ == "PRelu":
            setattr(graph, name, _PReLU())
    held: Any = graph
    del held.onnx_model.graph.initializer[:]  # they are the network's buffers now
    return OnnxNetwork(graph, file.inputs, file.size, file.name)


class _PReLU(nn.Module):
    """PReLU with torch's derivative at 0, where the converter's is 1 plus the slope; black is often 0."""

    def forward(self, values: Tensor, slope: Tensor) -> Tensor:
        """The values above 0, and ``slope`` times those below."""
        return torch.where(values > 0, values, slope * values)


def _rewrite(graph: GraphProto, inputs: Sequence[str]) -> None:
    """The same graph in words that onnx2pytorch understands, and that follow the network into float64.

    Weights may be constants or go by several names (exporters write equal ones once); here each is an initializer.
    """
    nodes, weights = list(graph.node), {tensor.name for tensor in graph.initializer}
    kept = {output.name for output in graph.output}
    names: dict[str, str] = {}
    del graph.node[:]
    for node in nodes:
        node.input[:] = [names.get(name, name) for name in node.input]
        options = {each.name: each for each in node.attribute}
        if node.op_type == "Constant" and "value" in options:
            graph.initializer.append(options["value"].t)
            graph.initializer[-1].name = node.output[0]
            weights.add(node.output[0])
        elif node.op_type == "Identity" and node.input[0] in weights and node.output[0] not in kept:
            names[node.output[0]] = node.input[0]
        else:
            graph.node.append(_rewritten(node, inputs))


def _rewritten(node: NodeProto, inputs: Sequence[str]) -> NodeProto:
    options = {each.name: each for each in node.attribute}
    if node.op_type == "Cast" and options["to"].i == FLOAT:  # to what the network computes in
        node.op_type = "CastLike"
        node.input.append(inputs[0])
        del node.attribute[:]
    elif node.op_type == "LayerNormalization":  # its mean and deviation would stay in float32
        node.attribute.add(name="stash_type", type=2, i=DOUBLE)  # type 2: a whole number
    elif "training_mode" in options and not options["training_mode"].i:  # the default
        node.attribute.remove(options["training_mode"])
    return node

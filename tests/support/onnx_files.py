"""Networks as ONNX files: exported by torch, or put together from operators."""

import warnings
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper
from torch import nn

ANY = ("N", 1, "H", "W")


class Small(nn.Module):
    """Convolutions, BatchNorm, PReLU and Dropout, as trained; radius 2."""

    def __init__(self, stacked=False):
        super().__init__()
        self.stacked = stacked
        self.first = nn.Conv2d(2, 4, 3, padding=1, bias=False)
        self.between = nn.Sequential(nn.PReLU(4), nn.BatchNorm2d(4), nn.Dropout(0.5))
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, *images):
        both = images[0] if self.stacked else torch.cat(images, 1)
        return torch.sigmoid(self.last(self.between(self.first(both))))


def small(**options):
    """A network with weights of its own, in eval mode."""
    torch.manual_seed(3)
    network = Small(**options)
    norm = network.between[1]
    for values in (norm.weight, norm.bias, norm.running_mean, network.between[0].weight):
        nn.init.normal_(values)
    nn.init.uniform_(norm.running_var, 0.5, 2)
    return network.eval().requires_grad_(False)


def exported(path, network, *, fixed=None, inputs=(("a", 1), ("b", 1))):
    """Write ``network`` to ``path``, for one size ``fixed`` or for any; the path."""
    names, side = [name for name, _ in inputs], fixed or (32, 40)
    images = tuple(torch.rand(1, channels, *side) for _, channels in inputs)
    axes = None if fixed else {name: {0: "N", 2: "H", 3: "W"} for name in (*names, "y")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch's exporter that needs no further package
        torch.onnx.export(
            network, images, path, dynamo=False, input_names=names, output_names=["y"], dynamic_axes=axes
        )
    return Path(path)


def assembled(path, nodes, *, weights=(), inputs=("a", "b"), kind=TensorProto.FLOAT, shape=ANY, outputs=("y",)):
    """Write a graph of ``nodes`` to ``path``; the path."""
    graph = helper.make_graph(
        [helper.make_node(*words, **options) for words, options in nodes],
        "graph",
        [helper.make_tensor_value_info(name, kind, shape) for name in inputs],
        [helper.make_tensor_value_info(name, kind, ("N", "C", "H", "W")) for name in outputs],
        list(weights),
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("org.somebody", 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    Path(path).write_bytes(model.SerializeToString())
    return Path(path)


def weight(name, values, kind=TensorProto.FLOAT):
    """A constant of a graph."""
    values = torch.as_tensor(values)
    return helper.make_tensor(name, kind, values.shape, values.flatten().tolist())


def kept_apart(path, location, data=b""):
    """Let the file at ``path`` keep its weights in ``location``, and write that beside it if there is ``data``."""
    model = onnx.load(path, load_external_data=False)
    for tensor in model.graph.initializer:
        tensor.raw_data = b"----"  # or it cannot be set apart
        onnx.external_data_helper.set_external_data(tensor, location, 0, 4)
        tensor.ClearField("float_data")
        tensor.ClearField("raw_data")
    Path(path).write_bytes(model.SerializeToString())
    if data:
        (Path(path).parent / location).write_bytes(data)


MEAN = [(("Add", ["a", "b"], ["s"]), {}), (("Mul", ["s", "half"], ["y"]), {})]
"""The mean of both images, with `HALF` among the weights."""
HALF = weight("half", 0.5)

"""Does a converted network give what onnxruntime gives, and are its derivatives those of its values?"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fusion.errors import InputError
from fusion.method.carded_network import CardedNetwork
from fusion.method.network_refusals import first_line
from fusion.method.onnx_file import OnnxFile
from fusion.method.onnx_network import OnnxNetwork, check_count
from fusion.method.onnx_packages import OnnxPackages
from fusion.synthetic.phantom import phantom

Pair = tuple[Tensor, Tensor]

SIDES = ((64, 64), (97, 90))
"""Rows and columns of the pictures that both are asked for; the second is no multiple of anything."""
TOLERANCE = 1e-4
"""Largest difference, relative to the largest value; float32's rounding makes about 1e-6."""
STEP = 1e-7
"""By which pictures in [0, 1] are moved, in float64, for central differences: few kinks are met."""
SLOPE_TOLERANCE = 1e-3
"""Largest difference of a derivative, relative to the gradient's length."""
LARGEST_PHANTOM = 1024
DRAWS = 3
"""Directions of which one has to agree: in another a value may jump, as where a network rounds."""


class Runtime(nn.Module):
    """An ONNX file as onnxruntime runs it: values, no derivatives."""

    def __init__(self, file: OnnxFile, packages: OnnxPackages) -> None:
        super().__init__()
        options = packages.onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4  # what it cannot run is raised
        self.inputs = file.inputs
        try:
            self.session = packages.onnxruntime.InferenceSession(
                file.model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its own kinds, each an Exception alone
            raise InputError(
                f"onnxruntime does not run {file.name} ({first_line(error)}); export it anew."
            ) from error

    def forward(self, *images: Tensor) -> Any:  # noqa: ANN401  # as the network it stands for
        """What the file gives, alone or in a list."""
        check_count(self.inputs, images)
        given = {name: image.numpy() for name, image in zip(self.inputs, images, strict=True)}
        found = [torch.from_numpy(np.asarray(each)) for each in self.session.run(None, given)]
        return found[0] if len(found) == 1 else found


def check_parity(network: CardedNetwork, converted: OnnxNetwork, file: OnnxFile, packages: OnnxPackages) -> None:
    """Refuse a network that is not what onnxruntime makes of its file; note whether it takes batches.

    Parameters
    ----------
    network : CardedNetwork
        Eval mode; around ``converted``.
    converted : OnnxNetwork
        Its ``one_by_one`` is set.
    file : OnnxFile
    packages : OnnxPackages

    Raises
    ------
    InputError
        Values differ by more than rounding, or derivatives are not those of the values; in one sentence.
    """
    reference = CardedNetwork(Runtime(file, packages), network.card, network.title)
    with torch.no_grad():
        for size in _sizes(file):
            _compare(network, reference, converted, size)
    _check_derivatives(network, file.name, _sizes(file)[0])


def _sizes(file: OnnxFile) -> list[tuple[int, int]]:
    """The sizes to compare at; where the file was exported for one, that alone."""
    sizes = [(file.size[0] or rows, file.size[1] or cols) for rows, cols in SIDES]
    return sizes[:1] if all(file.size) else sizes


def _compare(
    network: CardedNetwork, reference: CardedNetwork, converted: OnnxNetwork, size: tuple[int, int]
) -> None:
    pairs = [_noise(size), _phantom(size)]
    expected = torch.cat([reference(*pair) for pair in pairs])
    if not expected.isfinite().all():
        raise InputError(
            f"onnxruntime gives values of {network.title} that are not finite; export another network."
        )
    differences = [_difference(network, *each) for each in zip(pairs, expected.split(1), strict=True)]
    if not max(differences) <= TOLERANCE:
        raise InputError(
            f"{network.title}, converted to torch, differs from onnxruntime by {max(differences):.0e} of its "
            f"largest value at {size[0]} × {size[1]} pixels; export it with another opset, or bring its code."
        )
    both: Pair = (torch.cat([pair[0] for pair in pairs]), torch.cat([pair[1] for pair in pairs]))
    try:
        together = _difference(network, both, expected)
    except InputError:
        together = torch.inf
    converted.one_by_one |= not together <= TOLERANCE


def _difference(network: CardedNetwork, pair: Pair, expected: Tensor) -> float:
    """The largest one, relative to the largest value; NaN is infinite."""
    found = (network(*pair) - expected).abs().max() / expected.abs().max().clamp(min=TOLERANCE)
    return float(found.nan_to_num(torch.inf, torch.inf))


def _check_derivatives(network: CardedNetwork, name: str, size: tuple[int, int]) -> None:
    """Autograd against central differences in float64: a converter can lose a graph and keep the values."""
    exact = copy.deepcopy(network).double()
    generator = torch.Generator().manual_seed(7)
    first, second = (image.double() for image in _noise(size))
    weights = torch.rand(first.shape, generator=generator, dtype=torch.float64)

    def total(*pair: Tensor) -> Tensor:
        fused: Tensor = exact(*pair)
        return (fused * weights).sum()

    leaves = [image.clone().requires_grad_() for image in (first, second)]
    value = total(*leaves)
    if value.requires_grad:
        slopes = torch.stack(torch.autograd.grad(value, leaves, materialize_grads=True))
    else:
        slopes = torch.zeros((2, *first.shape), dtype=torch.float64)
    draws = (torch.randn((2, *first.shape), generator=generator, dtype=torch.float64) for _ in range(DRAWS))
    if not any(_agrees(total, (first, second), slopes, direction) for direction in draws):
        raise InputError(
            f"{name} cannot be differentiated as it was converted: its derivatives are not those of its values; "
            "bring the network's code instead."
        )


def _agrees(total: Callable[..., Tensor], pair: Pair, slopes: Tensor, direction: Tensor) -> bool:
    """Whether the derivative along ``direction`` is the central difference."""
    with torch.no_grad():
        there, back = (total(*(torch.stack(pair) + step * direction)) for step in (STEP, -STEP))
    error = (there - back) / (2 * STEP) - (slopes * direction).sum()
    return bool(error.abs() <= SLOPE_TOLERANCE * slopes.norm())


def _noise(size: tuple[int, int]) -> Pair:
    generator = torch.Generator().manual_seed(1)
    first, second = torch.rand((2, 1, 1, *size), generator=generator)
    return first, second


def _phantom(size: tuple[int, int]) -> Pair:
    """A corner of a phantom, which has at least 64 rows and columns; continued in black where it has too few."""
    pair = phantom(1, size=min(max(*size, 64), LARGEST_PHANTOM))
    pictures = torch.zeros((2, 1, 1, *size))
    for picture, image in zip(pictures, (pair.first, pair.second), strict=True):
        rows, cols = (min(sides) for sides in zip(image.shape, size, strict=True))
        picture[..., :rows, :cols] = torch.tensor(image[:rows, :cols])
    first, second = pictures
    return first, second

"""A network written down whose maps lie on grids of their own: convolutions with strides, resampling, padding.

Beside the steps of `saliency.network.plan` it knows convolutions of any stride and padding, and maps whose rows
and columns are each mixed by a matrix: enlarged, padded by reflection or repetition, averaged, cut. Rows and
columns never mix with each other: of a map a pixel needs an interval of each (`saliency.network.grid_spans`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from saliency.geometry.window import Shape
from saliency.network.plan import Reach, Step, transposed


@dataclass(frozen=True, eq=False)
class GridConvolution:
    """A convolution of another stride or padding than `Convolution`'s.

    ``padding`` is the number of rows and columns of zeros on each side.
    """

    sources: tuple[int, ...]
    weight: Tensor
    bias: Tensor | None
    stride: Reach
    padding: Reach
    dilation: Reach
    groups: int

    def run(self, values: Sequence[Tensor]) -> Tensor:
        """Convolve the one source."""
        return F.conv2d(
            values[0], self.weight, self.bias, self.stride, self.padding, self.dilation, groups=self.groups
        )

    @cached_property
    def transposed(self) -> Tensor:
        """The weights of the convolution that carries gradients back where the stride is 1."""
        return transposed(self.weight, self.groups)


@dataclass(frozen=True, eq=False)
class GridTransposed:
    """A transposed convolution: each pixel of its source is spread over a kernel, ``stride`` pixels apart."""

    sources: tuple[int, ...]
    weight: Tensor
    bias: Tensor | None
    stride: Reach
    padding: Reach
    beyond: Reach
    dilation: Reach
    groups: int

    def run(self, values: Sequence[Tensor]) -> Tensor:
        """Spread the one source."""
        return F.conv_transpose2d(
            values[0],
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.beyond,
            self.groups,
            self.dilation,
        )


Ends = tuple[list[int], list[int]]
"""For each row of a matrix the first column that is not 0, and the one after the last; 0 where all are."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """A map whose rows are mixed by one matrix and whose columns by another.

    Attributes
    ----------
    function : callable
        Does the same to a whole map.
    matrices : (rows made, rows given), (columns made, columns given)
        In float64.
    ratio : (rows, columns)
        Rows given for each row made, in the midst of the picture: ½ where it is enlarged to twice its size.
    """

    sources: tuple[int, ...]
    function: Callable[[Tensor], Tensor]
    matrices: tuple[Tensor, Tensor]
    ratio: tuple[Fraction, Fraction]

    def run(self, values: Sequence[Tensor]) -> Tensor:
        """Resample the one source."""
        return self.function(values[0])

    def mixing(self, axis: int, made: slice, given: slice, values: Tensor) -> Tensor:
        """A part of a matrix, of the type of ``values`` and where they are."""
        matrix = self._singles[axis] if values.dtype == torch.float32 else self.matrices[axis]
        return matrix[made, given].to(values)

    @cached_property
    def _singles(self) -> tuple[Tensor, Tensor]:
        rows, cols = self.matrices
        return rows.float(), cols.float()

    @cached_property
    def needed(self) -> tuple[Ends, Ends]:
        """The rows, and columns, that each one made is mixed of."""
        rows, cols = self.matrices
        return _ends(rows), _ends(cols)

    @cached_property
    def reached(self) -> tuple[Ends, Ends]:
        """The rows, and columns, made that each one given is part of."""
        rows, cols = self.matrices
        return _ends(rows.T), _ends(cols.T)


def _ends(matrix: Tensor) -> Ends:
    used = matrix.ne(0).numpy()
    is_used, length = used.any(axis=1), matrix.shape[1]
    starts = np.where(is_used, used.argmax(axis=1), length)
    stops = np.where(is_used, length - used[:, ::-1].argmax(axis=1), 0)
    return starts.tolist(), stops.tolist()


@dataclass(frozen=True)
class Selection:
    """Some channels of a map, one after the other."""

    sources: tuple[int, ...]
    first: int
    count: int

    def run(self, values: Sequence[Tensor]) -> Tensor:
        """Take them, without copying."""
        return values[0][:, self.first : self.first + self.count]


GridStep = Step | GridConvolution | GridTransposed | Resampled | Selection


@dataclass(frozen=True, eq=False)
class GridPlan:
    """What a network does with images of one size, step by step; the last step makes the fused image.

    Attributes
    ----------
    steps : tuple of steps
        Step k makes map k + 2 out of earlier maps.
    channels : tuple of int
        Of every map, the two inputs included.
    sizes : tuple of (rows, columns)
        Of every map.
    """

    steps: tuple[GridStep, ...]
    channels: tuple[int, ...]
    sizes: tuple[Shape, ...]

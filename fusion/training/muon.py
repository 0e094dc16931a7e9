"""Muon: gradient descent whose steps move every direction of a layer alike, weak ones too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

COEFFICIENTS = 3.4445, -4.7750, 2.0315
"""Of the Newton–Schulz polynomial: steep at 0, so that five rounds take singular values to about 1."""
ROUNDS = 5
SCALE = 10.0
"""A matrix's rate as a multiple of Adam's: every singular value of its step is about the rate."""


class Muon(torch.optim.Optimizer):
    """Orthogonalised momentum for weights that are matrices, Adam for all others (Jordan et al. 2024).

    A convolution counts as the matrix (outputs, inputs × places). An auto-encoder has to undo its own
    interpolation, which leaves it gradients of very unequal singular values; Adam is slow where they are small.

    Parameters
    ----------
    parameters : iterable of Parameter
    lr : float
        Adam's rate; that of the matrices is `SCALE` times as large.
    momentum : float
        Of the matrices.

    Examples
    --------
    >>> layer = nn.Linear(4, 3, bias=False)
    >>> before = layer.weight.detach().clone()
    >>> layer(torch.ones(2, 4)).sum().backward()
    >>> Muon(layer.parameters(), lr=0.01).step()
    >>> bool(torch.linalg.matrix_norm(layer.weight - before, 2) < 1.3 * SCALE * 0.01)
    True
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # no closure: nothing here searches along a line
        """Move every parameter by its gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    state = self.state[parameter]
                    move = _matrix_step if _is_matrix(parameter) else _adam_step
                    move(parameter, parameter.grad, state, group)


def orthogonalised(matrix: Tensor) -> Tensor:
    """What is nearest to a matrix (M, N) among those with orthogonal rows or columns of length 1, about?

    Its singular values are taken to between 0.68 and 1.21, unless they were next to nothing, and its singular
    vectors kept, by a Newton–Schulz iteration (Jordan et al. 2024), which needs products only.

    Examples
    --------
    >>> orthogonalised(torch.diag(torch.tensor([-50.0, 0.5]))).diagonal()
    tensor([-0.6965,  0.6989])
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    a, b, c = COEFFICIENTS
    found: Tensor = wide / (wide.norm() + 1e-7)
    for _ in range(ROUNDS):
        square = found @ found.T
        found = a * found + (b * square + c * square @ square) @ found
    return found if wide is matrix else found.T


def _is_matrix(parameter: Tensor) -> bool:
    return parameter.ndim > 1 and min(parameter.shape[:2]) > 1


def _matrix_step(parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    momentum = state.setdefault("momentum", torch.zeros_like(parameter))
    momentum.mul_(group["momentum"]).add_(gradient)
    ahead = gradient.add(momentum, alpha=group["momentum"]).flatten(1)
    rows, columns = ahead.shape
    rate = SCALE * group["lr"] * max(1.0, rows / columns) ** 0.5
    parameter.sub_(orthogonalised(ahead).view_as(parameter), alpha=rate)


def _adam_step(parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    if not state:
        state |= {"step": torch.tensor(0.0), "exp_avg": torch.zeros_like(parameter)}
        state["exp_avg_sq"] = torch.zeros_like(parameter)
    state["step"] += 1
    first = state["exp_avg"].lerp_(gradient, 0.1)
    second = state["exp_avg_sq"].lerp_(gradient.square(), 0.001)
    step = state["step"].item()
    denominator = (second / (1 - 0.999**step)).sqrt_().add_(1e-8)
    parameter.addcdiv_(first, denominator, value=-group["lr"] / (1 - 0.9**step))

"""Muon: its orthogonalisation against the SVD's, its Adam against torch's, and that it learns."""

import pytest
import torch
from torch import nn

from fusion.training.muon import SCALE, Muon, orthogonalised


@pytest.mark.parametrize("shape", [(4, 9), (9, 4), (6, 6)], ids=str)
def test_singular_values_are_taken_near_1_and_singular_vectors_stay(shape):
    matrix = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    found = left.T @ orthogonalised(matrix) @ right.T
    assert 0.6 < found.diagonal().min() <= found.diagonal().max() < 1.3
    assert values.max() > 2 * values.min()
    torch.testing.assert_close(found - found.diagonal().diag(), torch.zeros_like(found), rtol=0, atol=1e-6)


def test_vectors_and_single_filters_move_as_under_torchs_adam():
    torch.manual_seed(0)
    start = [torch.randn(5), torch.randn(1, 4, 1, 1), torch.randn(4, 1, 3, 3)]
    mine, theirs = ([nn.Parameter(values.clone()) for values in start] for _ in range(2))
    optimisers = [Muon(mine, lr=0.01), torch.optim.Adam(theirs, lr=0.01)]
    for step in range(5):
        for optimiser, parameters in zip(optimisers, (mine, theirs), strict=True):
            optimiser.zero_grad()
            sum(((p - step) ** 3).sum() for p in parameters).backward()
            optimiser.step()
    torch.testing.assert_close(mine, theirs)


def test_a_matrix_moves_by_about_the_rate_whatever_the_gradients_size():
    torch.manual_seed(0)
    for factor in (1e-4, 1e4):
        layer = nn.Conv2d(3, 8, 3, bias=False)
        before = layer.weight.detach().clone()
        (factor * layer(torch.randn(1, 3, 9, 9)).square().sum()).backward()
        Muon(layer.parameters(), lr=0.01).step()
        values = torch.linalg.svdvals((layer.weight - before).flatten(1))
        assert 0.5 * SCALE * 0.01 < values.min() <= values.max() < 1.5 * SCALE * 0.01

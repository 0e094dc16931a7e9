"""Jacobians of an area, block by block: each that of its own pixel."""

import numpy as np
import pytest

from saliency.derivatives.jacobian import jacobian
from saliency.derivatives.jacobian_blocks import jacobian_blocks
from saliency.geometry.window import Window
from tests.support.networks import in_double, network, random_pair, reference, stacked

SHAPE = (27, 33)
AREA = Window(1, 12, 21, 33)


@pytest.mark.parametrize("name", ["MaskNet", "DeepFuse", "Weighted Averaging"])
def test_each_is_the_jacobian_of_its_own_pixel(name):
    pair = random_pair(SHAPE)
    blocks = list(jacobian_blocks(network(name), pair, AREA, side=5))
    found = [J for block in blocks for J in block.jacobians]
    pixels = {(row, col) for row in range(AREA.top, AREA.bottom) for col in range(AREA.left, AREA.right)}
    assert {J.pixel for J in found} == pixels
    assert len(found) == len(pixels)
    assert [block.area.shape for block in blocks[:3]] == [(5, 5), (5, 5), (5, 2)]
    for J in found[:: len(found) // 12]:
        whole = reference(in_double(name), pair, J.pixel)
        assert np.abs(stacked(J.full()) - whole).max() < 1e-4 * np.abs(whole).max()
        assert J.fused == pytest.approx(jacobian(network(name), pair, J.pixel).fused, abs=1e-5)

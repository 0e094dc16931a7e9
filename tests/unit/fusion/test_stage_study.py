"""The objective along an unfolded network's stages: by hand, and by its command."""

import re

import numpy as np
import pytest
import torch

import fusion
from fusion.__main__ import main
from fusion.evaluation.stage_study import WHOLE, StageRow, stage_study
from fusion.method.inference import as_tensors
from fusion.networks.uaafusion import PARTS, STAGES, UAAFusion
from fusion.training.uaafusion_objective import JointObjective, gradient_distance, weighted_square
from tests.support.training_helpers import brains, refused

PAIR = fusion.phantom(0, size=64)
OBJECTIVE = JointObjective(gradient=0.3)


def network():
    torch.manual_seed(2)
    return UAAFusion(channels=8).eval().requires_grad_(False)


def test_every_stage_and_variant_is_measured_by_the_whole_networks_weights():
    whole = network()
    rows = {row.name: row for row in stage_study(whole, [PAIR, fusion.phantom(1, size=64)], OBJECTIVE)}
    assert list(rows) == [WHOLE, *(f"without {part}" for part in PARTS)]
    assert all(row.values.shape == (2, STAGES + 1) for row in rows.values())
    first, second = as_tensors(whole, PAIR)
    weight = whole.weigh(first, second, differentiable=False).first
    for name, fuser in {WHOLE: whole, "without memory": whole.without("memory")}.items():
        image = fuser(first, second)
        expected = (
            weighted_square(first, image, weight)
            + weighted_square(second, image, 1 - weight)
            + 0.3 * gradient_distance(first, second, image)
        )
        assert rows[name].values[0, -1] == pytest.approx(expected.item(), rel=1e-5)


def test_a_network_trained_without_a_part_is_measured_as_it_is():
    (row,) = stage_study(network().without("memory"), [PAIR], OBJECTIVE)
    whole = stage_study(network(), [PAIR], OBJECTIVE)
    np.testing.assert_allclose(row.values[0], whole[1].values[0], rtol=1e-5)


def test_a_row_tells_what_each_stage_lowers_and_where_another_is_nearer():
    row = StageRow("a", np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 2.5]]))
    assert row.descents.tolist() == [2, 1]
    assert row.means.tolist() == [3.0, 2.0, 1.75]
    assert row.worse_than(StageRow("b", np.array([[0, 0, 0.5], [0, 0, 2.75]]))) == 1


def test_the_command_prints_each_stage_of_the_whole_network_and_of_each_variant(tmp_path, capsys):
    assert main(["stages", "--data", str(brains(tmp_path)), "--every", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("UAAFusion: step sizes 0.")
    assert re.search(r"gradients counted 0\.\d+\), mean of 1 pairs", lines[2])
    assert lines[3].split()[:6] == ["f0", "f1", "f2", "f3", "f4", "f5"]
    assert [line[:20].strip() for line in lines[4:]] == [
        WHOLE,
        "pairs it lowers",
        *(f"without {part}" for part in PARTS),
    ]


def test_the_command_is_for_unfolding_networks(capsys):
    assert "MaskNet has no stages" in refused(capsys, "stages", "--method", "masknet", "--phantoms", "1")

"""The search for γs and γ2: on a made-up landscape whose balance is known, and once with a real training."""

import math

import numpy as np
import pytest
from PIL import Image

import fusion
from fusion.errors import InputError
from fusion.evaluation.loss_study import BALANCED, Trial, best, grid, measured, search
from fusion.evaluation.trials import claim, figure, read_trials, save_trials
from fusion.method.registry import find
from fusion.training.loop import Recipe
from fusion.training.objective import Objective
from fusion.training.training_defaults import GRID

GAMMA_SSIM, GAMMA_L2 = 0.42, 0.66
"""Where the made-up landscape balances."""


def landscape(gamma_ssim, gamma_l2, seconds=1.0):
    """More weight on the first image lowers its losses and raises the second's."""
    ssim = 0.3 * (gamma_ssim - GAMMA_SSIM)
    l2 = 0.02 * (gamma_l2 - GAMMA_L2)
    return Trial(gamma_ssim, gamma_l2, 0.25 - ssim, 0.25 + ssim, 0.01 - l2, 0.01 + l2, seconds)


def test_the_grid_is_the_papers_and_starts_in_the_middle():
    assert sorted(grid()) == [(a, b) for a in GRID for b in GRID]
    assert GRID == (0.1, 0.3, 0.5, 0.7, 0.9)
    assert set(grid()[:9]) == {(a, b) for a in (0.3, 0.5, 0.7) for b in (0.3, 0.5, 0.7)}


def test_the_search_finds_the_balance_between_the_grids_points():
    trials = list(search(landscape))
    assert [trial.point for trial in trials[:25]] == grid()
    chosen = best(trials)
    assert chosen.is_balanced
    assert chosen is trials[-1]  # it stops as soon as the modalities balance
    assert abs(chosen.ssim_tilt) < BALANCED
    assert abs(chosen.l2_tilt) < BALANCED
    assert chosen.gamma_ssim == pytest.approx(GAMMA_SSIM, abs=0.02)
    assert chosen.gamma_l2 == pytest.approx(GAMMA_L2, abs=0.02)
    assert len(trials) < 45
    assert len({trial.point for trial in trials}) == len(trials)


def test_the_search_ends_where_no_balance_exists():
    def hopeless(gamma_ssim, gamma_l2):
        return Trial(gamma_ssim, gamma_l2, 0.9, 0.1 + 0.01 * gamma_ssim, 0.01, 0.01)

    trials = list(search(hopeless))
    assert 25 < len(trials) < 80
    assert best(trials).gamma_ssim == pytest.approx(1, abs=0.02)
    assert all(0 <= value <= 1 for trial in trials for value in trial.point)


def test_finished_trials_are_not_repeated_and_lead_to_the_same_end():
    whole = list(search(landscape))
    for count in (1, 10, 25, len(whole) - 1):
        rest = list(search(landscape, whole[:count]))
        assert not {trial.point for trial in rest} & {trial.point for trial in whole[:count]}
        assert best(whole[:count] + rest).is_balanced
    assert list(search(landscape, whole)) == []


def test_no_trial_begins_that_the_budget_cannot_end():
    now = [0.0]

    def slow(gamma_ssim, gamma_l2):
        now[0] += 10
        return landscape(gamma_ssim, gamma_l2, seconds=10.0)

    assert len(list(search(slow, seconds=35.0, clock=lambda: now[0]))) == 3
    assert now[0] == 30
    assert list(search(slow, [landscape(0.5, 0.5, 50.0)], seconds=40.0, clock=lambda: now[0])) == []


def test_a_training_that_diverged_is_never_the_best():
    broken = Trial(0.5, 0.5, math.nan, math.nan, math.nan, math.nan)
    assert broken.imbalance == math.inf
    assert not broken.is_balanced
    assert best([broken, landscape(0.1, 0.9)]).gamma_ssim == 0.1
    assert Trial(0.5, 0.5, 0, 0, 0, 0).imbalance == 0


def test_a_training_that_learned_nothing_is_not_called_balanced():
    blank, tilted = Trial(0.1, 0.1, 0.8, 0.8, 0.1, 0.1), Trial(0.5, 0.5, 0.2, 0.3, 0.01, 0.02)
    near, nearer = Trial(0.3, 0.3, 0.26, 0.28, 0.01, 0.01), Trial(0.3, 0.5, 0.28, 0.28, 0.01, 0.01)
    assert best([blank, tilted, near]) is near
    assert best([blank, tilted]) is tilted
    assert best([tilted, near, nearer]) is near  # 0.56 is more than a tenth above 0.50, 0.54 is not


def test_trials_come_back_from_their_file_exactly(tmp_path):
    trials = [landscape(*point, seconds=1 / 3) for point in grid()]
    path = tmp_path / "trials.csv"
    assert read_trials(path) == []
    save_trials(trials, path)
    assert read_trials(path) == trials


@pytest.mark.parametrize("text", ["no table", "gamma_ssim,gamma_l2\n0.5,0.5\n", "\x00\xff"])
def test_a_damaged_file_of_trials_is_refused_or_empty(tmp_path, text):
    path = tmp_path / "trials.csv"
    save_trials([landscape(0.5, 0.5)], path)
    path.write_text(path.read_text("utf-8").replace("0.5,0.5,", "0.5,half,"), "utf-8")
    with pytest.raises(InputError, match="move it away"):
        read_trials(path)
    path.write_text(text + "\nx,y\n", "utf-8")
    with pytest.raises(InputError, match="move it away"):
        read_trials(path)


def test_a_folder_of_another_study_is_refused(tmp_path):
    path = tmp_path / "study.json"
    claim(path, {"steps": 10, "kept_out": ["4"], "learning_rate": 0.002})
    claim(path, {"learning_rate": 0.002, "kept_out": ["4"], "steps": 10})
    with pytest.raises(InputError, match="other settings"):
        claim(path, {"steps": 11, "kept_out": ["4"], "learning_rate": 0.002})
    path.write_text("{", "utf-8")
    with pytest.raises(InputError, match="other settings"):
        claim(path, {"steps": 10})


@pytest.mark.slow
def test_the_picture_has_red_where_the_first_image_suffers_and_blue_where_the_second_does(tmp_path):
    def colours(trial):
        path = tmp_path / "study.png"
        figure([trial], "Demo").savefig(path, dpi=60)
        red, green, blue = np.moveaxis(np.asarray(Image.open(path).convert("RGB"), int), 2, 0)
        left = np.s_[:, : red.shape[1] * 2 // 5]  # the colour bar lies further right
        return ((red - blue)[left] > 60).sum(), ((blue - red)[left] > 60).sum(), green.size

    red, blue, _ = colours(Trial(0.5, 0.5, 0.8, 0.2, 0.1, 0.1))
    assert red > 20 > blue
    red, blue, _ = colours(Trial(0.5, 0.5, 0.2, 0.8, 0.1, 0.1))
    assert blue > 20 > red


@pytest.mark.slow
def test_a_trial_is_a_training_with_its_weights_judged_on_whole_pictures():
    phantoms = [fusion.phantom(seed, size=64) for seed in (1001, 1002)]
    recipe = Recipe(steps=30, side=32, batch=2, half_precision=0.0)  # after fewer the order is chance
    build = find("DeepFuse").build

    def made(gamma_ssim):
        return measured(build, [phantoms], [1.0], recipe, Objective(0.99, gamma_ssim, 0.3))

    one, same, other = made(0.9), made(0.9), made(0.1)
    assert one.point == (0.9, 0.3)
    assert one.seconds > 0
    losses = ("ssim_first", "ssim_second", "l2_first", "l2_second")
    assert [getattr(one, name) for name in losses] == [getattr(same, name) for name in losses]
    assert one.ssim_first != other.ssim_first
    assert one.ssim_tilt < other.ssim_tilt  # more weight on the first image serves it better

"""The objective against scikit-image and against arithmetic written here."""

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from fusion.errors import InputError
from fusion.training.objective import Losses, Objective, losses, ssim, ssim_sum

# pytorch-msssim keeps its window in float32 whatever the pictures are: its seventh digit differs.
RNG = np.random.default_rng(11)


def reference(a, b):
    """scikit-image's SSIM map averaged where the whole 11×11 window lies inside, as ours is."""
    _, full = structural_similarity(
        a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1, full=True
    )
    return full[5:-5, 5:-5].mean()


def tensor(*images):
    return torch.from_numpy(np.stack(images))[:, None]


@pytest.mark.parametrize("size", [(11, 11), (37, 31), (64, 20)], ids=str)
@pytest.mark.parametrize("kind", ["noise", "near", "black"])
def test_ssim_agrees_with_scikit_image(size, kind):
    a = RNG.random(size)
    b = {"noise": RNG.random(size), "near": np.clip(a + 0.05, 0, 1), "black": np.zeros(size)}[kind]
    assert ssim(tensor(a), tensor(b)).item() == pytest.approx(reference(a, b), abs=1e-6)
    single = ssim(tensor(a).float(), tensor(b).float()).item()
    assert single == pytest.approx(reference(a, b), abs=1e-5)


def test_ssim_judges_each_picture_of_a_batch_by_itself():
    a, b, c = RNG.random((3, 24, 17))
    both = ssim(tensor(a, b), tensor(c, c))
    assert both.shape == (2,)
    np.testing.assert_allclose(both, [reference(a, c), reference(b, c)], atol=1e-6)


def test_losses_and_their_total_are_equation_4():
    first, second, fused = RNG.random((3, 30, 26))
    got = losses(tensor(first), tensor(second), tensor(fused))
    ssim_first, ssim_second = 1 - reference(first, fused), 1 - reference(second, fused)
    l2_first, l2_second = ((first - fused) ** 2).mean(), ((second - fused) ** 2).mean()
    np.testing.assert_allclose(
        [got.ssim_first, got.ssim_second, got.l2_first, got.l2_second],
        np.array([ssim_first, ssim_second, l2_first, l2_second])[:, None],
        atol=1e-6,
    )
    expected = 0.9 * (0.3 * ssim_first + 0.7 * ssim_second) + 0.1 * (0.6 * l2_first + 0.4 * l2_second)
    total = got.total(Objective(lambda_ssim=0.9, gamma_ssim=0.3, gamma_l2=0.6))
    assert total.item() == pytest.approx(expected, abs=1e-6)
    assert ssim_sum(tensor(first), tensor(second), tensor(fused)).item() == pytest.approx(
        2 - ssim_first - ssim_second, abs=1e-6
    )


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (Objective(), 0.99 * (0.5 * 0.2 + 0.5 * 0.4) + 0.01 * (0.5 * 0.01 + 0.5 * 0.03)),
        (Objective(1, 1, 0), 0.2),
        (Objective(1, 0, 1), 0.4),
        (Objective(0, 1, 1), 0.01),
        (Objective(0, 1, 0), 0.03),
    ],
)
def test_each_weight_weighs_what_it_should(objective, expected):
    partial = Losses(*(torch.tensor([value], dtype=torch.float64) for value in (0.2, 0.4, 0.01, 0.03)))
    assert partial.total(objective).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["lambda_ssim", "gamma_ssim", "gamma_l2"])
@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
def test_a_weight_outside_its_range_is_refused(name, value):
    with pytest.raises(InputError, match=name):
        Objective(**{name: value})


def test_pictures_too_small_for_the_window_are_refused():
    with pytest.raises(InputError, match=r"at least 11×11 pixels; this one has 10×30"):
        ssim(torch.zeros(1, 1, 10, 30), torch.zeros(1, 1, 10, 30))

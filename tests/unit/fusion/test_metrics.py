"""The field's metrics: against written-out loops, scikit-image, closed forms and another evaluator's values."""

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import pearsonr
from skimage.measure import shannon_entropy
from skimage.metrics import (
    mean_squared_error,
    normalized_mutual_information,
    peak_signal_noise_ratio,
    structural_similarity,
)

import fusion
from fusion.errors import InputError
from fusion.metrics import METRICS, find_metric, measure
from fusion.metrics.information import mutual_information
from tests.support.metric_oracles import (
    average_gradient,
    edge_preservation,
    feature_information,
    multiscale_similarity,
    spatial_frequency,
    visual_fidelity,
)


def levels(image):
    return np.rint(np.clip(image, 0, 1) * 255)


def scene(seed, shape):
    """Two soft, grainy 8-bit pictures with flat dark ground, and a blend of them; all scaled to [0, 1]."""
    rng = np.random.default_rng(seed)
    pictures = []
    for smooth in (1, 2):
        picture = gaussian_filter(rng.normal(size=shape), smooth) * smooth + 0.05 * rng.normal(size=shape)
        pictures.append(np.clip((picture - picture.min()) / np.ptp(picture) * 1.4 - 0.4, 0, 1))
    first, second = pictures
    blend = 0.6 * first + 0.4 * np.maximum(first, second)
    return tuple(levels(image) / 255 for image in (first, second, blend))


def figures(images, *names):
    return [value.number for value in measure(*images, names).values()]


@pytest.fixture(params=[(0, (37, 31)), (1, (12, 53))], ids=["37x31", "12x53"])
def small(request):
    return scene(*request.param)


@pytest.fixture(params=[0, 1])
def large(request):
    """Larger than the coarsest scales need, odd and not square."""
    return scene(request.param, (165, 171))


def test_entropy_and_information_agree_with_scikit_image(small):
    a, b, y = (levels(image) for image in small)
    bits, mutual, normalized = figures(small, "EN", "MI", "NMI")
    assert bits == pytest.approx(shannon_entropy(y), rel=1e-12)
    # Studholme's measure Y = (H(x) + H(y)) / H(x, y) holds both: I = (H(x) + H(y)) (1 − 1/Y).
    studholme = [normalized_mutual_information(source, y, bins=[np.arange(257)] * 2) for source in (a, b)]
    assert normalized == pytest.approx(sum(2 * (1 - 1 / each) for each in studholme), rel=1e-10)
    both = [(shannon_entropy(source) + bits) * math.log(2) for source in (a, b)]
    expected = sum(total * (1 - 1 / each) for total, each in zip(both, studholme, strict=True))
    assert mutual == pytest.approx(expected, rel=1e-10)
    assert mutual_information(a, b, y, base=2) == pytest.approx(mutual / math.log(2), rel=1e-12)


def test_contrast_agrees_with_loops(small):
    y = levels(small[2])
    spread, frequency, gradient = figures(small, "SD", "SF", "AG")
    assert spread == pytest.approx(math.sqrt(sum((v - y.sum() / y.size) ** 2 for v in y.flat) / y.size))
    assert frequency == pytest.approx(spatial_frequency(y))
    assert gradient == pytest.approx(average_gradient(y))


def test_correlations_and_distances_agree_with_scipy_and_scikit_image(small):
    a, b, y = (levels(image) for image in small)
    together, differences, decibels = figures(small, "CC", "SCD", "PSNR")

    def r(one, other):
        return pearsonr(one.ravel(), other.ravel()).statistic

    assert together == pytest.approx((r(a, y) + r(b, y)) / 2)
    assert differences == pytest.approx(r(y - b, a) + r(y - a, b))
    stacked = np.stack((a, b)), np.stack((y, y))
    assert decibels == pytest.approx(peak_signal_noise_ratio(*stacked, data_range=255))
    assert decibels == pytest.approx(10 * math.log10(255**2 / mean_squared_error(*stacked)))


def test_similarity_agrees_with_scikit_image(small):
    a, b, y = (levels(image) for image in small)
    expected = sum(structural_similarity(source, y, data_range=255) for source in (a, b))
    assert figures(small, "SSIM") == [pytest.approx(expected, abs=1e-9)]


def test_similarity_on_five_scales_agrees_with_scipy(large):
    a, b, y = (levels(image) for image in large)
    expected = multiscale_similarity(a, y) + multiscale_similarity(b, y)
    assert figures(large, "MS-SSIM") == [pytest.approx(expected, abs=1e-6)]  # its window is float32


def test_fidelity_agrees_with_plain_convolutions(large):
    a, b, y = (levels(image) for image in large)
    expected = visual_fidelity(a, y) + visual_fidelity(b, y)
    assert figures(large, "VIF") == [pytest.approx(expected, rel=1e-9)]


def test_edge_preservation_agrees_with_a_loop(small):
    assert figures(small, "Qabf") == [pytest.approx(edge_preservation(*map(levels, small)), rel=1e-9)]


@pytest.mark.parametrize("seed", range(4))
def test_feature_information_agrees_with_dense_distributions(seed):
    images = scene(seed, (13, 17))
    if seed == 2:  # opposites: the countermonotone distribution
        images = (images[0], 1 - images[1], images[1])
    if seed == 3:  # single bright pixels: distributions without entropy
        images = tuple((image > 0.75) * image for image in images)
    assert figures(images, "FMI") == [pytest.approx(feature_information(*map(levels, images)), rel=1e-9)]


def test_feature_information_in_strips_is_that_of_the_whole(monkeypatch, small):
    whole = figures(small, "FMI")
    monkeypatch.setattr("fusion.metrics.features._AT_ONCE", 200)
    assert figures(small, "FMI") == [pytest.approx(whole[0], rel=1e-12)]


PERFECT = {"NMI": 2, "CC": 1, "VIF": 2, "SSIM": 2, "MS-SSIM": 2, "FMI": 1}


def test_an_image_fused_with_itself_has_every_metrics_best_figure(large):
    image = large[0]
    values = measure(image, image, image)
    for name, best in PERFECT.items():
        assert values[name].number == pytest.approx(best, abs=1e-6), name
    assert values["MI"].number == pytest.approx(2 * values["EN"].number * math.log(2))
    ceiling = 0.9994 / (1 + math.exp(-7.5)) * 0.9879 / (1 + math.exp(-4.4))
    assert values["Qabf"].number == pytest.approx(ceiling)
    assert "equals both inputs" in values["PSNR"].why
    assert "copy of the first" in values["SCD"].why


def test_both_inputs_count_alike(large):
    first, second, fused = large
    straight, swapped = measure(first, second, fused), measure(second, first, fused)
    for name in METRICS:
        assert straight[name].number == pytest.approx(swapped[name].number), name


def test_noise_lowers_what_compares_and_raises_what_only_looks_at_the_fused_image(large):
    first, second, fused = large
    noisy = fused + 0.1 * np.random.default_rng(5).normal(size=fused.shape)
    before, after = measure(first, second, fused), measure(first, second, noisy)
    for name in METRICS:
        alone = name in ("EN", "SD", "SF", "AG")
        assert (after[name].number > before[name].number) == alone, name


def test_a_constant_fused_image_has_figures_only_where_they_mean_something(large):
    first, second, _ = large
    values = measure(first, second, np.full(first.shape, 0.5))
    assert {name for name, value in values.items() if value.number is None} == {"CC"}
    assert values["CC"].why == "the fused image is constant"
    assert [values[name].number for name in ("EN", "SD", "SF", "AG", "MI", "NMI", "VIF")] == pytest.approx([0] * 7)


def test_constant_inputs_are_undefined_where_the_input_is_the_measure(large):
    grey = np.full(large[0].shape, 0.5)
    whys = {name: value.why for name, value in measure(large[0], grey, large[2]).items() if value.why}
    assert whys == dict.fromkeys(("SCD", "CC", "VIF"), "the second image is constant")
    nothing = measure(grey, grey, grey)
    undefined = [name for name, value in nothing.items() if value.number is None]
    assert undefined == ["NMI", "SCD", "CC", "PSNR", "VIF", "Qabf"]
    assert all(math.isfinite(value.number) for value in nothing.values() if value.number is not None)


@pytest.mark.parametrize(
    ("name", "least"), [("AG", 2), ("SF", 2), ("FMI", 3), ("SSIM", 7), ("VIF", 41), ("MS-SSIM", 161)]
)
def test_a_metric_says_which_size_it_needs(name, least):
    images = scene(3, (least, least + 2))
    assert measure(*images, [name])[name].number is not None
    too_small = measure(*(image[:-1] for image in images), [name])[name]
    assert too_small.number is None
    assert too_small.why.startswith(f"it needs {least}×{least} pixels or more")


def test_measured_as_saved_or_as_they_are():
    first, second, fused = scene(4, (40, 45))
    wild = 1.5 * fused - 0.1 + 1e-5
    saved = levels(wild) / 255
    names = ["SD", "CC", "PSNR"]
    assert measure(first, second, wild, names) == measure(first, second, saved, names)
    exact = measure(first, second, wild, names, rounded=False)
    assert exact["SD"].number == pytest.approx(255 * wild.std())
    assert exact["SD"].number > 1.03 * measure(first, second, saved, names)["SD"].number


def test_halves_round_alike_whatever_float_noise_they_carry():
    a, b = np.random.default_rng(6).integers(0, 256, (2, 64, 64))
    images = a / 255, b / 255, (a / 255 + b / 255) / 2
    exact = np.rint((a + b) / 2)
    assert measure(*images, ["EN"])["EN"].number == pytest.approx(shannon_entropy(exact), rel=1e-12)
    single = tuple(image.astype(np.float32) for image in images)
    assert measure(*single) == measure(*images)


def test_what_cannot_be_measured_is_refused():
    image = np.zeros((5, 6))
    with pytest.raises(InputError, match=r"same size.*\(5, 6\).*\(6, 5\)"):
        measure(image, image, image.T)
    with pytest.raises(InputError, match="NaN or infinite"):
        measure(image, image, np.full((5, 6), np.nan))
    with pytest.raises(InputError, match=r"\(H, W\)"):
        measure(image[0], image[0], image[0])
    with pytest.raises(InputError, match="choose one of: PSNR"):
        measure(image, image, image, ["PSN"])
    with pytest.raises(InputError, match=", ".join(METRICS)):
        find_metric("?")


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_every_metric_tells_its_reader_what_it_is(metric):
    assert find_metric(metric.name) is find_metric(metric.symbol.lower()) is metric
    assert metric.better in ("higher", "lower")
    for text in (metric.meaning, metric.pitfalls):
        assert text.endswith(".")
        assert len(text) > 30


def test_a_network_can_be_measured_as_it_comes():
    pair = fusion.phantom(7)
    fused = fusion.fuse(fusion.load("Weighted Averaging"), pair)
    assert all(value.number is not None for value in measure(pair.first, pair.second, fused).values())

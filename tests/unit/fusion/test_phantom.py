import numpy as np
import pytest
from scipy import ndimage

from fusion.errors import InputError
from fusion.synthetic.anatomy import FIELD_OF_VIEW
from fusion.synthetic.phantom import PET_FWHM, phantom
from fusion.synthetic.raster import OVERSAMPLING, regions_of
from fusion.synthetic.tissue import REGIONS, Tissue

SEEDS = range(20)


@pytest.fixture(scope="module")
def pairs():
    return {seed: phantom(seed) for seed in SEEDS}


def power_above(image, cycles_per_mm, spacing):
    """Share of the variance that lies above a spatial frequency."""
    power = np.abs(np.fft.fft2(image - image.mean())) ** 2
    rows, columns = (np.fft.fftfreq(n, spacing) for n in image.shape)
    return power[np.hypot(rows[:, None], columns) > cycles_per_mm].sum() / power.sum()


def test_equal_seeds_give_equal_pairs():
    first, again = phantom(7, size=96), phantom(7, size=96)
    assert first.content_hash == again.content_hash
    assert np.array_equal(first.second_color, again.second_color)
    assert all(np.array_equal(first.regions[name], again.regions[name]) for name in REGIONS)


@pytest.mark.slow
def test_different_seeds_differ_in_anatomy(pairs):
    assert len({pair.content_hash for pair in pairs.values()}) == len(SEEDS)
    bulk = [pair.regions["necrotic core"] | pair.regions["enhancing rim"] for pair in pairs.values()]
    centres = {tuple(np.rint(ndimage.center_of_mass(mask)).astype(int)) for mask in bulk}
    assert len(centres) > 15


@pytest.mark.parametrize("seed", SEEDS)
def test_pair_is_what_every_pair_is(pairs, seed):
    pair = pairs[seed]
    for image in (pair.first, pair.second):
        assert image.dtype == np.float32
        assert image.shape == (256, 256)
        assert image.min() == 0.0
        assert image.max() == 1.0
    assert pair.second_color.dtype == np.uint8
    assert pair.second_color.shape == (256, 256, 3)
    assert (pair.title, pair.names, pair.spacing) == (f"Phantom {seed}", ("MRI", "PET"), 1.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_regions_are_disjoint_and_filled(pairs, seed):
    regions = pairs[seed].regions
    assert set(regions) == {
        "skull",
        "grey matter",
        "white matter",
        "ventricles",
        "oedema",
        "enhancing rim",
        "necrotic core",
    }
    assert all(mask.dtype == np.bool_ and mask.sum() >= 50 for mask in regions.values())
    assert np.sum(list(regions.values()), axis=0).max() == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_rim_encloses_the_core(pairs, seed):
    regions = pairs[seed].regions
    around = ndimage.binary_dilation(regions["necrotic core"], iterations=2) & ~regions["necrotic core"]
    assert regions["enhancing rim"][around].mean() > 0.7


@pytest.mark.parametrize("seed", SEEDS)
def test_pet_orders_healthy_rim_and_core(pairs, seed):
    pet, regions = pairs[seed].second, pairs[seed].regions
    grey, rim, core = (pet[regions[name]].mean() for name in ("grey matter", "enhancing rim", "necrotic core"))
    assert grey > 1.1 * rim
    assert rim > 1.5 * core


@pytest.mark.parametrize("seed", SEEDS)
def test_mri_shows_the_contrast_of_its_weighting(pairs, seed):
    mri, regions = pairs[seed].first, pairs[seed].regions
    mean = {name: mri[mask].mean() for name, mask in regions.items()}
    if seed % 2:
        assert mean["enhancing rim"] > mean["white matter"] > mean["grey matter"] > mean["ventricles"]
    else:
        assert mean["necrotic core"] > mean["oedema"] > mean["grey matter"] > mean["white matter"]


@pytest.mark.parametrize("size", [128, 256])
def test_pet_is_blurred_to_the_scanners_resolution_in_millimetres(size):
    pair = phantom(1, size=size)
    # The blur's transfer function has fallen to exp(-3.6) = 3 % in amplitude at 1 / FWHM.
    assert power_above(pair.second, 1 / PET_FWHM, pair.spacing) < 1e-4
    assert power_above(pair.first, 1 / PET_FWHM, pair.spacing) > 0.004


@pytest.mark.parametrize("seed", SEEDS)
def test_background_is_nearly_black(pairs, seed):
    pair = pairs[seed]
    border = np.ones(pair.shape, bool)
    border[12:-12, 12:-12] = False
    assert pair.first[border].mean() < 0.002
    assert pair.first[border].max() < 0.02
    assert pair.second[border].max() < 0.02
    assert not pair.second_color[border].max(axis=-1).astype(int).max() > 40


@pytest.mark.parametrize("size", [64, 100, 320])
def test_other_sizes_scale_the_same_anatomy(size):
    small, usual = phantom(2, size=size), phantom(2)
    assert small.shape == (size, size)
    assert small.spacing == FIELD_OF_VIEW / size
    for name in REGIONS:
        areas = [pair.regions[name].sum() * pair.spacing**2 for pair in (small, usual)]
        assert areas[0] == pytest.approx(areas[1], rel=0.35)
        centres = [np.array(ndimage.center_of_mass(p.regions[name])) * p.spacing for p in (small, usual)]
        assert np.abs(centres[0] - centres[1]).max() < 6.0


def test_a_pixel_belongs_to_the_region_that_fills_most_of_it():
    white, core, fluid = Tissue.WHITE, Tissue.CORE, Tissue.FLUID
    labels = np.array([[white, white, fluid, fluid], [white, core, fluid, core]], np.uint8)
    labels = np.vstack([labels, labels[:, ::-1]])
    regions = regions_of(labels, REGIONS)
    assert labels.shape == (2 * OVERSAMPLING, 2 * OVERSAMPLING)
    assert regions["white matter"].tolist() == [[True, False], [False, True]]
    assert not regions["necrotic core"].any()


@pytest.mark.parametrize("seed", [-1, 1.5, "3", None, True])
def test_bad_seed_is_refused(seed):
    with pytest.raises(InputError, match=r"seed is .*; give a whole number of 0 or more\.$"):
        phantom(seed)


@pytest.mark.parametrize("size", [63, 1025, 256.0, "256", None])
def test_bad_size_is_refused(size):
    with pytest.raises(InputError, match=r"size is .*; give a whole number from 64 to 1024\.$"):
        phantom(0, size=size)


def test_numpy_integers_are_whole_numbers():
    assert phantom(np.int64(5), size=np.int32(64)).content_hash == phantom(5, size=64).content_hash

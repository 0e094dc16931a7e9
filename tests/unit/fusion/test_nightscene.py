import numpy as np
import pytest
from scipy import ndimage

from fusion.data.color import luminance
from fusion.errors import InputError
from fusion.synthetic.night.backdrop import windows
from fusion.synthetic.night.cameras import photograph, thermograph, through_lens
from fusion.synthetic.night.lighting import Light
from fusion.synthetic.night.scene_canvas import Camera
from fusion.synthetic.night.street import Building, Street
from fusion.synthetic.nightscene import SHAPE, nightscene

SEEDS = range(3)
REGIONS = {"person", "person in glare", "person in the dark", "vehicle", "lamp", "road", "building", "sky"}
PERSONS = sorted(name for name in REGIONS if name.startswith("person"))


@pytest.fixture(scope="module")
def scenes():
    return {seed: nightscene(seed) for seed in SEEDS}


def ring(pair, name):
    """What surrounds a region, a pixel's distance kept, without other persons."""
    people = np.any([pair.regions[person] for person in PERSONS], axis=0)
    near = ndimage.binary_dilation(pair.regions[name], iterations=4)
    return near & ~ndimage.binary_dilation(people)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_pair_is_what_every_pair_is(scenes, seed):
    pair = scenes[seed]
    for image in (pair.first, pair.second):
        assert image.dtype == np.float32
        assert image.shape == SHAPE
        assert image.min() == 0.0
        assert image.max() == 1.0
    assert pair.first_color.dtype == np.uint8
    assert pair.first_color.shape == (*SHAPE, 3)
    assert pair.second_color is None
    assert (pair.title, pair.names, pair.spacing) == (f"Night scene {seed}", ("Visible", "Infrared"), None)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_visible_image_is_the_scaled_luminance_of_its_colours(scenes, seed):
    grey = luminance(scenes[seed].first_color)
    expected = (grey - grey.min()) / (grey.max() - grey.min())
    np.testing.assert_allclose(scenes[seed].first, expected, atol=1e-6)
    assert np.ptp(scenes[seed].first_color.astype(int), axis=-1).max() > 60


@pytest.mark.parametrize("seed", SEEDS)
def test_regions_are_disjoint_and_filled(scenes, seed):
    regions = scenes[seed].regions
    assert set(regions) == REGIONS
    assert all(mask.dtype == np.bool_ and mask.shape == SHAPE and mask.sum() >= 60 for mask in regions.values())
    shared = np.sum(list(regions.values()), axis=0)
    assert shared.max() == 1
    assert shared.mean() > 0.97


@pytest.mark.parametrize("name", PERSONS)
@pytest.mark.parametrize("seed", SEEDS)
def test_persons_are_warmer_than_what_surrounds_them(scenes, seed, name):
    infrared, mask = scenes[seed].second, scenes[seed].regions[name]
    assert infrared[mask].mean() > infrared[ring(scenes[seed], name)].mean() + 0.12


@pytest.mark.parametrize("seed", SEEDS)
def test_glare_and_darkness_hide_a_person_from_the_visible_camera_only(scenes, seed):
    visible, infrared = scenes[seed].first, scenes[seed].second
    for name in ("person in glare", "person in the dark"):
        mask, around = scenes[seed].regions[name], ring(scenes[seed], name)
        seen = abs(visible[mask].mean() - visible[around].mean())
        assert seen < 0.1
        assert abs(infrared[mask].mean() - infrared[around].mean()) > 1.5 * seen
    assert np.median(visible[scenes[seed].regions["person in glare"]]) > 0.98
    assert visible[scenes[seed].regions["person in the dark"]].mean() < 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_sky_is_cold_and_dark_and_lamps_shine_in_both(scenes, seed):
    pair = scenes[seed]
    mean = {name: (pair.first[mask].mean(), pair.second[mask].mean()) for name, mask in pair.regions.items()}
    assert mean["sky"][0] < 0.3
    assert mean["sky"][1] < 0.1 < mean["road"][1]
    assert pair.first[pair.regions["lamp"]].max() > 0.95
    assert pair.second[pair.regions["lamp"]].max() > 0.95


@pytest.mark.slow
def test_equal_seeds_give_equal_pairs_and_others_differ(scenes):
    again = nightscene(2)
    assert again.content_hash == scenes[2].content_hash
    assert np.array_equal(again.first_color, scenes[2].first_color)
    assert all(np.array_equal(again.regions[name], scenes[2].regions[name]) for name in REGIONS)
    assert len({pair.content_hash for pair in scenes.values()}) == len(SEEDS)


@pytest.mark.parametrize("shape", [(64, 64), (97, 131), (64, 211), (190, 65)])
def test_any_shape_shows_everybody(shape):
    pair = nightscene(1, shape)
    assert pair.shape == shape
    assert pair.first_color.shape == (*shape, 3)
    assert all(pair.regions[name].any() for name in PERSONS)
    assert np.isfinite(pair.first).all()
    assert np.isfinite(pair.second).all()


def test_the_same_street_stands_in_a_larger_picture(scenes):
    small = nightscene(1, (120, 160))
    for name in REGIONS:
        here, there = scenes[1].regions[name], small.regions[name]
        assert here.mean() == pytest.approx(there.mean(), rel=0.35)
        centres = [np.array(ndimage.center_of_mass(mask)) / mask.shape for mask in (here, there)]
        assert np.abs(centres[0] - centres[1]).max() < 0.05


@pytest.mark.parametrize("seed", [-1, 1.5, "3", None, True])
def test_bad_seed_is_refused(seed):
    with pytest.raises(InputError, match=r"seed is .*; give a whole number of 0 or more\.$"):
        nightscene(seed)


@pytest.mark.parametrize(("shape", "word"), [((63, 90), "rows"), ((90, 1025), "columns"), ((90.0, 90), "rows")])
def test_bad_shape_is_refused(shape, word):
    with pytest.raises(InputError, match=rf"number of {word} is .*; give a whole number from 64 to 1024\.$"):
        nightscene(0, shape)


# --- the parts against what is known of them ---------------------------------------------------------


def test_rays_meet_positions_where_the_camera_places_them():
    camera = Camera(300, 400, x=0.5, height=2.2)
    row, column = camera.place(-1.5, 0.7, 12.0)
    x = camera.x + 12.0 * np.interp(column - 0.5, np.arange(400), camera.across[0])
    y = camera.height + 12.0 * np.interp(row - 0.5, np.arange(300), camera.upwards[:, 0])
    assert (x, y) == pytest.approx((-1.5, 0.7))
    box = camera.box(-1.0, 1.0, 1.8, 9.0)
    across, up = camera.plane(box, 9.0)
    assert across.min() <= -0.97
    assert across.max() >= 0.97
    assert up.max() >= 1.77
    assert up.min() <= 0


def test_light_falls_off_with_distance_squared_and_by_angle():
    light = Light((0.0, 6.0, 0.0), (0.0, -1.0, 0.0), (1.0, 1.0, 1.0), narrow=2.0)
    below, farther, aside, above = np.array([[0, 4, 0], [0, 2, 0], [4, 2, 0], [0, 9, 0]], float)
    up = np.array([0.0, 1.0, 0.0])
    assert light.falls_on(below, up) / light.falls_on(farther, up) == pytest.approx(16.01 / 4.01, rel=1e-5)
    assert light.falls_on(aside, up)[0] == pytest.approx(0.5**1.5 / 32.01, rel=1e-5)  # 45°, √32 m
    assert light.falls_on(above, up)[0] == 0.0
    assert light.falls_on(below, -up)[0] == 0.0


def test_the_lens_keeps_all_light_and_spreads_it():
    point = np.zeros((401, 401, 1))
    point[200, 200] = 1000.0
    seen = through_lens(point, focal=294.0) / through_lens(np.ones_like(point), focal=294.0)[200, 200]
    assert seen.sum() == pytest.approx(1000.0, rel=0.01)
    profile = seen[200, 200:, 0]
    assert (np.diff(profile) <= 1e-12).all()
    assert profile[20] > 0.02


def test_sensors_saturate_and_their_noise_has_the_stated_strength():
    rng = np.random.default_rng(0)
    assert photograph(np.full((8, 8, 3), 3.0), rng).min() == 255
    dark, air = photograph(np.zeros((64, 64, 3)), rng), thermograph(np.zeros((200, 200)), 294.0, rng)
    assert 0 < dark.mean() < 12
    assert air.mean() == pytest.approx((6 / 25) ** 0.9, abs=0.01)
    stripes = air.mean(axis=0).std()
    assert stripes > 3 * air.std() / np.sqrt(200)  # columns differ by more than independent noise would
    assert thermograph(np.full((9, 9), 40.0), 294.0, rng).min() == 1.0


def test_lit_windows_lie_inside_the_house_and_a_sleeping_house_is_dark():
    u, y = (line.ravel() for line in np.meshgrid(np.linspace(5, 15, 200), np.linspace(0, 9, 180)))
    house = Building(1, 5.0, 15.0, 8.0, (0.3, 0.3, 0.3), 0.5, False, 3)
    pane, light = windows(house, u, y)
    assert 0.05 < pane.mean() < 0.4
    assert not pane[y > 7.5].any()
    assert light[pane].max() > 0.3
    assert (light[~pane] == 0).all()
    asleep = Building(1, 5.0, 15.0, 8.0, (0.3, 0.3, 0.3), 0.0, False, 3)
    assert (windows(asleep, u, y)[1] == 0).all()


def test_a_street_has_one_of_each_hidden_person_and_both_sides_of_traffic():
    streets = [Street.draw(np.random.default_rng(seed)) for seed in range(20)]
    assert {np.sign(street.cars[0].x) for street in streets} == {-1.0, 1.0}
    for street in streets:
        kinds = [person.surface.name for person in street.persons]
        assert kinds == ["PERSON", "PERSON", "PERSON_IN_GLARE", "PERSON_IN_THE_DARK"]
        oncoming, hidden = street.cars[0], street.persons[2]
        assert abs(hidden.x - oncoming.x) < 0.2
        assert hidden.z < oncoming.z

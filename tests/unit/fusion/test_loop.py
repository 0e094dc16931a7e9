"""Training: what is learned from, whether it learns, and that stopping it changes nothing."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image

import fusion
import fusion.training.loop
from fusion.data.collection import PairFiles
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.registry import find
from fusion.training.curves import save_curves, smoothed
from fusion.training.dataset import DARK_KEPT, CropSampler, split_by_case
from fusion.training.loop import PARTIAL, Recipe, train
from fusion.training.objective import Objective, losses

TRAINED = [method for method in fusion.methods().values() if method.trained and not method.trainer]
TINY = Recipe(steps=12, side=32, batch=2, half_precision=0.0)


@pytest.fixture(scope="module")
def phantoms():
    return [fusion.phantom(seed, size=64) for seed in (1001, 1002)]


def objective_of(network, pairs):
    """The whole objective on whole pictures, in eval mode."""
    values = []
    for pair in pairs:
        first, second = (torch.tensor(image)[None, None] for image in (pair.first, pair.second))
        with torch.no_grad():
            values.append(losses(first, second, network.eval()(first, second)).total(Objective()).item())
    return np.mean(values)


@pytest.mark.slow
@pytest.mark.parametrize("method", TRAINED, ids=lambda method: method.slug)
def test_a_dozen_steps_bring_the_objective_down(method, phantoms):
    torch.manual_seed(TINY.seed)
    before = objective_of(method.build(), phantoms)
    run = train(method.build, [phantoms], [1.0], TINY, quiet=True)
    assert run.step == 12
    assert not run.network.training
    assert objective_of(run.network, phantoms) < before - 0.02


def interrupted_at(step, monkeypatch):
    original = fusion.training.loop._step

    def stop(run, recipe, batch):
        if run.step == step:
            raise KeyboardInterrupt
        return original(run, recipe, batch)

    monkeypatch.setattr(fusion.training.loop, "_step", stop)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [1, 7, 11])
def test_a_resumed_run_ends_bit_for_bit_where_an_unbroken_one_does(stop, phantoms, tmp_path, monkeypatch):
    recipe = Recipe(steps=12, side=32, batch=2, half_precision=0.5)
    build, data = find("DeepFuse").build, ([phantoms], [1.0])
    unbroken = train(build, *data, recipe, quiet=True)
    state = tmp_path / "runs" / "state.safetensors"
    with monkeypatch.context() as patch:
        interrupted_at(stop, patch)
        with pytest.raises(KeyboardInterrupt):
            train(build, *data, recipe, state, save_every=0, quiet=True)
    resumed = train(build, *data, recipe, state, quiet=True)
    assert resumed.history == unbroken.history
    assert resumed.step == unbroken.step == 12
    for name, value in unbroken.network.state_dict().items():
        assert torch.equal(resumed.network.state_dict()[name], value), name


def test_a_finished_run_is_not_trained_again(phantoms, tmp_path, monkeypatch):
    state = tmp_path / "state.safetensors"
    data = find("DeepFuse").build, [phantoms], [1.0], Recipe(steps=2, side=32, batch=1)
    once = train(*data, state, quiet=True)
    interrupted_at(2, monkeypatch)
    again = train(*data, state, quiet=True)
    assert torch.equal(next(once.network.parameters()), next(again.network.parameters()))


def test_a_state_of_another_recipe_or_a_damaged_one_is_refused(phantoms, tmp_path):
    state = tmp_path / "state.safetensors"
    build = find("DeepFuse").build
    train(build, [phantoms], [1.0], Recipe(steps=1, side=32, batch=1), state, quiet=True)
    with pytest.raises(InputError, match="another recipe"):
        train(build, [phantoms], [1.0], Recipe(steps=2, side=32, batch=1), state, quiet=True)
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(InputError, match="no run that can be resumed"):
        train(build, [phantoms], [1.0], Recipe(steps=1, side=32, batch=1), state, quiet=True)


def test_a_run_is_taken_up_for_the_same_data_only(phantoms, tmp_path):
    state = tmp_path / "state.safetensors"
    material = {"method": "DeepFuse", "training": {"brains": {"pairs": 2, "cases": ("1", "3")}}}
    data = find("DeepFuse").build, [phantoms], [1.0], Recipe(steps=1, side=32, batch=1)
    once = train(*data, state, quiet=True, material=material)
    again = train(*data, state, quiet=True, material={**material})
    assert again.history == once.history
    for other in (None, {**material, "method": "MaskNet"}, {**material, "training": {}}):
        with pytest.raises(InputError, match="learned from other data"):
            train(*data, state, quiet=True, material=other)


def test_the_recipe_falls_along_a_cosine_and_refuses_nothing_to_do():
    recipe = Recipe(steps=100, learning_rate=0.01)
    assert recipe.rate(0) == 0.01
    assert recipe.rate(50) == pytest.approx(0.005)
    assert recipe.rate(99) < 1e-5
    for wrong in ({"steps": 0}, {"batch": 0}):
        with pytest.raises(InputError, match="at least one step"):
            Recipe(**wrong)


def coded(height, width, lit):
    """A pair whose every pixel tells its place, dark but for the columns from ``lit`` on."""
    place = np.arange(height * width, dtype=np.float32).reshape(height, width) / (height * width)
    first = np.where(np.arange(width) >= lit, 0.1 + 0.9 * place, 0).astype(np.float32)
    return ImagePair(first, first * 0.5, "coded")


def test_the_same_seed_and_step_give_the_same_crops():
    pairs = [[coded(40, 50, 10)], [coded(30, 30, 0)]]
    sampler = CropSampler(pairs, [0.5, 0.5], 16, 5, seed=3)
    one, same, later = sampler.batch(8), sampler.batch(8), sampler.batch(9)
    other = CropSampler(pairs, [0.5, 0.5], 16, 5, seed=4).batch(8)
    assert one.first.shape == one.second.shape == (5, 1, 16, 16)
    assert torch.equal(one.first, same.first)
    assert torch.equal(one.weight, same.weight)
    assert not torch.equal(one.first, later.first)
    assert not torch.equal(one.first, other.first)


def test_both_crops_of_a_pair_show_the_same_place_turned_alike():
    batch = CropSampler([[coded(40, 50, 0)]], [1.0], 16, 20, seed=0).batch(0)
    assert torch.equal(batch.second, batch.first * 0.5)


def test_the_weights_of_dark_crops_keep_the_mean_that_of_all_crops():
    side, width, lit = 8, 48, 30
    pair = coded(24, width, lit)
    corners = [(row, col) for row in range(24 - side + 1) for col in range(width - side + 1)]
    windows = np.array([pair.first[row : row + side, col : col + side].mean() for row, col in corners])
    dark = np.array([col + side <= lit for _, col in corners])
    sampler = CropSampler([[pair]], [1.0], side, 64, seed=1)
    batches = [sampler.batch(step) for step in range(60)]
    value = torch.cat([batch.first.mean(dim=(1, 2, 3)) for batch in batches]).numpy()
    weight = torch.cat([batch.weight for batch in batches]).numpy()
    assert set(weight.tolist()) == {1.0, 1 / DARK_KEPT}
    assert np.array_equal(weight > 1, value == 0)
    # 3840 crops: both figures have a standard error near 0.01; unweighted they would be off by 0.3.
    assert (weight * (value == 0)).sum() / weight.sum() == pytest.approx(dark.mean(), abs=0.03)
    assert (weight * value).sum() / weight.sum() == pytest.approx(windows.mean(), abs=0.02)
    assert abs(value.mean() - windows.mean()) > 0.05


def test_collections_are_drawn_from_by_their_shares():
    bright, brighter = (
        ImagePair(np.full((16, 16), level, np.float32), np.full((16, 16), level, np.float32), "flat")
        for level in (0.25, 0.75)
    )
    batch = CropSampler([[bright], [brighter]], [0.8, 0.2], 8, 2000, seed=0).batch(0)
    assert (batch.first == 0.75).float().mean().item() == pytest.approx(0.2, abs=0.04)


def files(folder, *titles, contents=None):
    """Pairs of files, each with bytes of its own where ``contents`` says nothing else by title."""
    pairs = tuple(PairFiles(folder / f"mri-{t}.png", folder / f"pet-{t}.png", ("MRI", "PET"), t) for t in titles)
    folder.mkdir(exist_ok=True)
    for pair in pairs:
        pair.first.write_bytes(str(pair.first).encode())
        pair.second.write_bytes((contents or {}).get(pair.title, str(pair.second)).encode())
    return pairs


def cases(pairs):
    return {pair.case for pair in pairs}


def test_no_case_is_on_both_sides_of_any_collection(tmp_path):
    collections = {
        "one": files(tmp_path / "one", "1001", "1002", "2001", "3001", "4001", "10001"),
        "two": files(tmp_path / "two", "2005", "5001", "10007", "11001"),
    }
    split = split_by_case(collections)
    # The second of each four in natural order: 2 of (1, 2, 3, 4, 10) and 5 of (2, 5, 10, 11).
    assert split.kept_out_cases == ("2", "5")
    training, kept_out = (
        {c for part in side.values() for c in cases(part)} for side in (split.training, split.kept_out)
    )
    assert not training & kept_out
    assert cases(split.training["two"]) == {"10", "11"}
    assert cases(split.kept_out["two"]) == {"2", "5"}
    assert cases(split.training["one"]) == {"1", "3", "4", "10"}
    for name, pairs in collections.items():
        assert sorted(split.training[name] + split.kept_out[name], key=str) == sorted(pairs, key=str)


def test_cases_that_hold_the_same_picture_are_on_one_side(tmp_path):
    shared = {"2001": "one scan", "3002": "one scan", "3001": "another", "5001": "another"}
    collections = {"one": files(tmp_path, "1001", "2001", "3001", "3002", "4001", "5001", contents=shared)}
    split = split_by_case(collections, ["2"])
    assert split.kept_out_cases == ("2", "3", "5")
    assert cases(split.training["one"]) == {"1", "4"}


def test_cases_that_are_known_already_are_not_kept_out_nor_those_that_share_their_pictures(tmp_path):
    shared = {"2001": "one scan", "3001": "one scan", "6001": "another", "8001": "another"}
    names = [f"{case}001" for case in range(1, 11)]
    collections = {"one": files(tmp_path, *names, contents=shared)}
    assert split_by_case(collections).kept_out_cases == ("2", "3", "6", "8", "10")
    split = split_by_case(collections, known_cases=["3"])
    assert split.kept_out_cases == ("6", "8", "10")
    assert {"2", "3"} < cases(split.training["one"])


def test_chosen_cases_are_kept_out_and_at_least_one_is_learned_from(tmp_path):
    collections = {"one": files(tmp_path, "1001", "2001", "2002")}
    assert cases(split_by_case(collections, ["2"]).training["one"]) == {"1"}
    with pytest.raises(InputError, match="nothing to learn from in one"):
        split_by_case(collections, ["1", "2"])


def test_curves_are_written_as_data_and_as_a_picture(tmp_path):
    rng = np.random.default_rng(0)
    history = [{"step": 10 * i, **{name: rng.random() for name in (*PARTIAL, "loss")}} for i in range(30)]
    data, picture = save_curves(history, tmp_path / "new" / "masknet", "MaskNet")
    with data.open(newline="", encoding="utf-8") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert rows == history
    image = np.asarray(Image.open(picture).convert("RGB"), float)
    assert image.shape[1] > 2 * image.shape[0]
    # Colours of four curves: more than a white sheet with grey axes has.
    assert len(np.unique(image[np.ptp(image, axis=2) > 60].round(-1), axis=0)) >= 4


@pytest.mark.parametrize("count", [1, 2, 5, 9, 40])
def test_smoothing_is_the_mean_of_what_lies_near(count):
    values = np.random.default_rng(count).random(count)
    expected = [values[max(i - 4, 0) : i + 5].mean() for i in range(count)]
    np.testing.assert_allclose(smoothed(values), expected)

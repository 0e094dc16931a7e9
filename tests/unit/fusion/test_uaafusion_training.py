"""UAAFusion's objective against an independent library, and its training on a tiny set."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

import fusion
import fusion.synthetic.cohort
from fusion.__main__ import main
from fusion.errors import InputError
from fusion.method.checkpoints import SHIPPED
from fusion.networks.uaafusion import UAAFusion
from fusion.synthetic.cohort import cohort
from fusion.synthetic.labels import CLASSES, UNLABELLED, label_map
from fusion.training.labelled_crops import LabelledCrops, Slice, slice_of, slice_without_tissue
from fusion.training.loop import TrainingRun
from fusion.training.uaafusion_objective import (
    FusionLosses,
    JointLosses,
    JointObjective,
    cross_entropy,
    fusion_losses,
    gradient_distance,
    steepness,
    weighted_square,
)
from fusion.training.uaafusion_training import (
    FUSION_PARTS,
    PARTS,
    JointRecipe,
    crops_alone,
    joint_losses,
    segmenter_loss,
    train_jointly,
)
from tests.support.training_helpers import brains, refused

CPU = torch.device("cpu")
WARM = {"warm_up_side": 24, "warm_up_batch": 2}
TINY = JointRecipe(steps=2, side=16, batch=2, warm_up=2, **WARM)


def narrow():
    """The network with few channels: the same layers for a part of the work."""
    return UAAFusion(channels=8)


def pictures(*size):
    return torch.rand(3, 2, 1, *size, generator=torch.Generator().manual_seed(0))


def of_one_picture(*values):
    return FusionLosses(*(torch.tensor([value]) for value in values))


def phantoms(*seeds):
    return [slice_of(fusion.phantom(seed, size=64)) for seed in seeds]


def test_steepness_is_sobels_of_both_directions():
    image = pictures(9, 11)[0]
    for picture, found in zip(image[:, 0].double().numpy(), steepness(image.double())[:, 0], strict=True):
        expected = sum(np.abs(ndimage.sobel(picture, axis=axis, mode="nearest")) for axis in (0, 1))
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_gradient_of_the_sharper_source_is_asked_for_at_each_pixel():
    first, second, fused = pictures(9, 11)
    expected = (torch.maximum(steepness(first), steepness(second)) - steepness(fused)).abs().mean()
    found = gradient_distance(first, second, fused)
    assert found.shape == (2,)
    assert found.mean().item() == pytest.approx(expected.item())
    assert not gradient_distance(first, torch.zeros_like(first), first).any()


def test_weights_of_zero_ask_for_nothing():
    first, second, _ = pictures(5, 5)
    assert not weighted_square(first, second, torch.zeros_like(first)).any()


def test_the_objective_counts_each_part_and_each_stage_by_its_weight():
    number = torch.tensor
    stages = [of_one_picture(8.0, 8.0, 16.0), of_one_picture(1.0, 2.0, 4.0)]
    losses = JointLosses(stages[0], stages, segmented=[number(4.0), number(8.0)], sources=number(16.0))
    objective = JointObjective(gradient=0.5, segmentation=0.25, earlier=0.5, descent=0.0)
    earlier, last = 8 + 8 + 8 + 1, 1 + 2 + 2 + 2
    assert losses.total(objective).item() == pytest.approx((0.5 * earlier + last) / 1.5 + 4)
    assert losses.total(replace(objective, earlier=0.0)).item() == pytest.approx(last + 4)
    assert losses.segmentation.item() == 24


def test_a_stage_that_does_not_lower_its_objective_is_counted_and_leaves_the_one_before_alone():
    values = torch.tensor([[2.0, 1.0, 1.5], [1.0, 0.995, 0.5]], requires_grad=True)
    start, *stages = (FusionLosses(column, *torch.zeros(2, 2)) for column in values.unbind(1))
    zeros = [torch.tensor(0.0)] * 2
    losses = JointLosses(start, stages, segmented=zeros, sources=zeros[0])
    objective = JointObjective(earlier=0.0, descent=3.0)
    rise = losses.rise(objective)
    # 2 % less is asked for: the first picture's second stage and the second's first one miss it.
    assert rise.item() == pytest.approx((1.5 - 0.98 + 0.995 - 0.98) / 2)
    assert losses.total(objective).item() == pytest.approx((1.5 + 0.5) / 2 + 3 * rise.item())
    rise.backward()
    assert values.grad.tolist() == [[0, 0, 0.5], [0, 0.5, 0]]


def test_the_weights_say_which_source_a_fused_image_is_held_to():
    first, second, _ = pictures(9, 11)
    found = fusion_losses(first, second, first, torch.ones_like(first))
    assert not found.first.any()
    assert not found.second.any()
    assert fusion_losses(first, second, first, torch.zeros_like(first)).second.mean().item() == pytest.approx(
        (first - second).square().mean().item()
    )


def test_unlabelled_pixels_do_not_count():
    logits = torch.randn(1, len(CLASSES), 2, 2, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[[3, UNLABELLED], [UNLABELLED, 1]]])
    by_hand = -(logits.log_softmax(1)[0, 3, 0, 0] + logits.log_softmax(1)[0, 1, 1, 1]) / 2
    assert cross_entropy(logits, labels).item() == pytest.approx(by_hand.item())
    assert cross_entropy(logits, torch.full_like(labels, UNLABELLED)).item() == 0


def test_labels_are_the_phantoms_regions_and_real_pairs_have_none():
    pair = fusion.phantom(5, size=64)
    labels = label_map(pair)
    for number, name in enumerate(CLASSES[1:], start=1):
        assert np.array_equal(labels == number, pair.regions[name])
    real = fusion.ImagePair(pair.first, pair.second, "real")
    assert (label_map(real) == UNLABELLED).all()


def test_crops_keep_pictures_and_labels_together_and_depend_on_seed_and_step_only():
    labels = np.random.default_rng(0).integers(0, 8, (40, 50)).astype(np.int8)
    drawn = Slice(np.stack((labels / 8, labels / 16)).astype(np.float32), labels)
    crops = LabelledCrops([[drawn]], [1.0], side=12, count=5, seed=1)
    batch = crops.batch(7, CPU)
    assert batch.labels.shape == (5, 12, 12)
    assert torch.equal(batch.planes[0][:, 0] * 8, batch.labels.float())
    assert torch.equal(batch.planes[1][:, 0] * 16, batch.labels.float())
    assert torch.equal(crops.batch(7, CPU).labels, batch.labels)
    assert not torch.equal(crops.batch(8, CPU).labels, batch.labels)


@pytest.mark.slow
def test_training_lowers_every_loss_on_a_tiny_set():
    slices = phantoms(1000, 1001)
    # The descent that is asked for would trade one part for another.
    parts = JointObjective(gradient=1.0, descent=0.0)
    recipe = JointRecipe(steps=20, side=24, batch=2, learning_rate=4e-3, warm_up=20, objective=parts, **WARM)
    batch = LabelledCrops([slices], [1.0], side=48, count=1, seed=9).batch(0, CPU)
    torch.manual_seed(recipe.seed)
    untrained = narrow().requires_grad_(False)
    trained = train_jointly(narrow, slices, [], recipe, CPU).network
    with torch.no_grad():
        before, after = (joint_losses(network, batch) for network in (untrained, trained))
        assert segmenter_loss(trained, batch) < segmenter_loss(untrained, batch)
    assert after.segmentation < before.segmentation
    for name in FUSION_PARTS:
        assert getattr(after.stages[-1], name) < getattr(before.stages[-1], name), name
    assert after.total(recipe.objective) < before.total(recipe.objective)


def test_the_warm_up_leaves_the_fusion_network_alone_and_the_rest_does_not():
    torch.manual_seed(TINY.seed)
    untrained = dict(narrow().named_parameters())
    for recipe, is_moved in ((replace(TINY, learning_rate=0.0), False), (TINY, True)):
        run = train_jointly(narrow, phantoms(1000), [], recipe, CPU)
        for name, value in run.network.named_parameters():
            if name.startswith("segmenter"):
                assert not torch.equal(value, untrained[name])
            elif name.startswith("steps"):
                assert torch.equal(value, untrained[name]) != is_moved
    assert {name for row in run.history for name in row} == {"step", "loss", *PARTS}


def test_unlabelled_pairs_join_the_fusion_losses():
    pair = fusion.phantom(1, size=64)
    real = slice_of(fusion.ImagePair(pair.first, pair.second, "real"))
    recipe = JointRecipe(steps=1, side=16, batch=2, warm_up=0, labelled=0.0)
    run = train_jointly(narrow, phantoms(1000), [[real]], recipe, CPU)
    assert run.history[0]["segmentation"] == 0
    assert run.history[0]["gradient"] > 0


@pytest.mark.slow
def test_pictures_without_tissue_are_background_and_teach_the_segmenter_alone_too():
    night = fusion.ImagePair(*(np.full((32, 32), level, np.float32) for level in (0.2, 0.8)), "night")
    assert not slice_without_tissue(night).labels.any()
    recipe = JointRecipe(steps=1, side=16, batch=2, warm_up=3, **WARM)
    for others, is_drawn in (([[slice_without_tissue(night)]], True), ([[slice_of(night)]], False), ([], False)):
        batches = [crops_alone(phantoms(1000), others, recipe).batch(step, CPU) for step in range(30)]
        flat = [picture for batch in batches for picture in batch.planes[0] if (picture == 0.2).all()]
        assert bool(flat) == is_drawn


def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    slices, state = phantoms(1000), tmp_path / "state.safetensors"
    whole = train_jointly(narrow, slices, [], TINY, CPU)
    drawn = LabelledCrops.batch

    def interrupted(self, step, device):
        if step == 3:
            raise KeyboardInterrupt
        return drawn(self, step, device)

    monkeypatch.setattr(LabelledCrops, "batch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_jointly(narrow, slices, [], TINY, CPU, state, save_every=-1)
    monkeypatch.undo()
    resumed = train_jointly(narrow, slices, [], TINY, CPU, state)
    assert isinstance(resumed, TrainingRun)
    assert resumed.history == whole.history
    for name, value in resumed.network.state_dict().items():
        assert torch.allclose(value, whole.network.state_dict()[name], atol=1e-6), name


def test_a_recipe_without_steps_is_refused():
    with pytest.raises(InputError, match="at least one step"):
        JointRecipe(steps=0)


def test_a_cohort_drawn_by_several_processes_is_the_one_drawn_here(monkeypatch):
    monkeypatch.setattr(fusion.synthetic.cohort, "WORTH_STARTING", 2)
    for pair, seed in zip(cohort([5, 2, 9], size=64), (5, 2, 9), strict=True):
        assert pair.content_hash == fusion.phantom(seed, size=64).content_hash


def command(folder, *more):
    sizes = ("--steps", "2", "--warm-up", "2", "--side", "16", "--batch", "2", "--phantoms", "1")
    places = ("--out", folder / "own", "--runs", folder / "runs")
    words = ("train", "--method", "uaafusion", "--data", brains(folder), *sizes, *places, *more)
    return [str(word) for word in words]


@pytest.mark.slow
def test_the_command_trains_and_says_in_the_card_what_was_learned_from(tmp_path):
    assert main(command(tmp_path, "--labelled", "0.5", "--first-step", "0.25")) == 0
    card = json.loads((tmp_path / "own" / "uaafusion.json").read_text())
    assert card["data"]["phantoms"] == {"first_seed": 1000, "count": 1, "share": 0.5}
    assert "2" in card["data"]["kept_out"]["brains"]["cases"]
    assert set(card["final_losses"]) == set(PARTS)
    assert "infrared" in card["limits"]
    assert "--method uaafusion" in card["command"]
    assert card["command"].endswith(
        "--warm-up 2 --labelled 0.5 --gradient-weight 0.1 --half-precision 0.8 --first-step 0.25"
    )
    assert card["recipe"]["warm_up"] == 2
    network = fusion.load("UAAFusion (frozen weights)", tmp_path / "own")
    assert network.step_sizes == pytest.approx([0.25] * 5, abs=0.02)
    assert fusion.fuse(network, fusion.phantom(0, size=64)).shape == (64, 64)
    assert not list((tmp_path / "runs").iterdir())


def test_the_command_refuses_what_cannot_be_trained(tmp_path, capsys):
    line = refused(capsys, *command(tmp_path)[:-4], "--phantoms", "0")
    assert "give --phantoms 1 or more" in line
    words = command(tmp_path)
    words[2] = "uaafusion-frozen-weights"
    assert "uses the weights of UAAFusion; train that one" in refused(capsys, *words)


def test_the_command_starts_from_weights_and_trains_without_a_part(tmp_path):
    words = command(tmp_path, "--start", "uaafusion", "--without", "attention", "--learning-rate", "1e-9")
    words[words.index("--warm-up") + 1] = "0"
    assert main(words) == 0
    card = json.loads((tmp_path / "own" / "uaafusion.json").read_text())
    assert card["left_out"] == "attention"
    assert card["limits"].startswith("For comparison alone: trained without attention")
    assert card["start"]["sha256"] == json.loads((SHIPPED / "uaafusion.json").read_text())["sha256"]
    assert card["command"].endswith("--start uaafusion --without attention")
    shipped, trained = (fusion.load("UAAFusion", folder).state_dict() for folder in (SHIPPED, tmp_path / "own"))
    assert all(torch.allclose(trained[name], value, atol=1e-6) for name, value in shipped.items())


def test_the_command_names_what_cannot_be_started_from_or_left_out(tmp_path, capsys):
    assert "CAMF is no unfolding network" in refused(capsys, *command(tmp_path, "--start", "camf"))
    assert "no 'gate'" in refused(capsys, *command(tmp_path, "--without", "gate"))

"""CAMF's two stages: whether each learns, leaves the other alone, can be stopped, and what the card says."""

import json
from argparse import Namespace

import numpy as np
import pytest
import torch

import fusion
import fusion.training.camf_autoencoder
from fusion.__main__ import main
from fusion.cli.train_camf import _network, _rounded
from fusion.data.pairs import ImagePair
from fusion.errors import InputError
from fusion.method.checkpoints import save
from fusion.metrics import measure
from fusion.networks.camf import CAMF
from fusion.synthetic.natural import NATURAL, natural_pictures
from fusion.training.camf_autoencoder import _to_copy, train_autoencoder
from fusion.training.camf_classifier import _fold, train_classifier
from fusion.training.camf_judgement import judge
from fusion.training.camf_recipe import CamfRecipe
from fusion.training.dataset import Batch
from tests.support.networks import random_pair
from tests.support.training_helpers import brains, read_csv, refused, write_pair

TINY = CamfRecipe(steps=12, side=32, batch=2, learning_rate=2e-3, classifier_share=1.0)


@pytest.fixture(scope="module")
def pairs():
    return [fusion.phantom(seed, size=64) for seed in (1001, 1002)]


def untrained(channels=16):
    torch.manual_seed(0)
    return CAMF(channels=channels)


def errors(network, pairs):
    """The whole loss of stage 1 on whole pictures, absolute differences by NumPy."""
    total = []
    for pair in pairs:
        for image in (pair.first, pair.second):
            with torch.no_grad():
                error = network.reconstruct(torch.tensor(image)[None, None])[0, 0].numpy() - image
            gradients = np.abs(np.diff(error, axis=0)).mean() + np.abs(np.diff(error, axis=1)).mean()
            total.append(np.abs(error).mean() + gradients)
    return np.mean(total)


def test_a_dozen_steps_bring_the_reconstruction_error_down(pairs):
    network = untrained()
    before = errors(network, pairs)
    classifier = {name: value.clone() for name, value in network.classifier.state_dict().items()}
    run = train_autoencoder(network, [pairs], [1.0], TINY, quiet=True)
    assert run.step == 12
    assert errors(network, pairs) < 0.7 * before
    assert all(torch.equal(value, classifier[name]) for name, value in network.classifier.state_dict().items())
    assert [row["step"] for row in run.history] == [0, 10]
    first = run.history[0]
    assert first["loss"] == pytest.approx(first["pixels"] + first["gradients"], rel=1e-5)


@pytest.mark.slow
def test_the_classifier_learns_on_an_encoder_that_stays_as_it_is(pairs):
    network = untrained(channels=128)  # with few, it needs many more steps than a test has time for
    coder = {name: value.clone() for name, value in network.state_dict().items() if "classifier" not in name}
    recipe = CamfRecipe(
        steps=60, classifier_side=48, classifier_batch=2, classifier_rate=5e-3, classifier_share=1.0
    )
    history = train_classifier(network, [pairs], recipe, quiet=True)
    assert len(history) == 6
    assert np.mean([row["cross_entropy"] for row in history[-2:]]) < 0.7 * history[0]["cross_entropy"]
    assert all(torch.equal(network.state_dict()[name], value) for name, value in coder.items())
    judgement = judge(network, pairs)
    assert judgement.accuracy > 0.5
    assert judgement.spread > 0.1
    assert judgement.correlation < -0.9


def test_the_classifier_alone_does_what_it_was_trained_to_do_behind_levelled_maps():
    classifier = untrained(channels=128).classifier
    chance = torch.Generator().manual_seed(1)
    features = torch.rand(6, 128, 12, 12, generator=chance) * torch.rand(6, 128, 1, 1, generator=chance)
    with torch.no_grad():
        pooled = classifier.stages(features).mean(dim=(2, 3))
        scale = 0.3 / pooled.numpy().var(axis=0).mean() ** 0.5
        expected = classifier.dense(scale * (pooled - pooled.mean(dim=0)))
        _fold(classifier, pooled, 0.3)
        torch.testing.assert_close(classifier(features), expected, rtol=1e-4, atol=1e-5)


def test_stage_1_leaves_out_what_has_no_structure_and_inverts_a_share():
    flat, dark, slope = torch.full((1, 8, 8), 0.5), torch.zeros(1, 8, 8), torch.linspace(0, 0.4, 8).expand(1, 8, 8)
    batch = Batch(torch.stack((flat, dark)), torch.stack((slope, dark)), torch.tensor([1.0, 4.0]))
    for inverted, first in ((0.0, slope), (1.0, 1 - slope)):
        pictures, weight = _to_copy(batch, CAMF(), CamfRecipe(inverted=inverted), step=0)
        assert weight.tolist() == [4, 1, 4]
        torch.testing.assert_close(pictures[1], first)


def test_stage_1_gives_noise_to_a_share_of_the_pictures_and_has_it_copied():
    grey = torch.linspace(0.4, 0.6, 64).expand(400, 1, 4, 64)
    batch = Batch(grey[:200], grey[200:], torch.ones(200))
    pictures, _ = _to_copy(batch, CAMF(), CamfRecipe(inverted=0, grain=0.5), step=3)
    noise = (pictures - grey).std(dim=(1, 2, 3))
    assert 0.4 < (noise > 0).float().mean() < 0.6
    assert 0.04 < noise[noise > 0].mean() < 0.06
    assert noise.max() < 0.12
    same, _ = _to_copy(batch, CAMF(), CamfRecipe(inverted=0), step=3)
    assert torch.equal(same, grey)


def test_a_rate_that_is_held_to_the_end_never_falls():
    recipe = CamfRecipe(steps=4, learning_rate=0.5, hold=1.0)
    assert [recipe.rate(step) for step in range(4)] == [0.5] * 4


@pytest.mark.parametrize("half", [0.0, 1.0])
def test_half_precision_is_that_of_stage_1s_first_share(half, pairs):
    seen = []
    network = untrained()
    network.encoder.register_forward_hook(lambda *inner: seen.append(inner[-1].dtype))
    recipe = CamfRecipe(steps=2, side=32, batch=1, half_precision=half / 2)
    train_autoencoder(network, [pairs], [1.0], recipe, quiet=True)
    assert seen == [torch.bfloat16 if half else torch.float32, torch.float32]


def test_the_judge_counts_named_modalities_and_measures_the_reconstruction(pairs):
    network = untrained().eval()
    network.classifier.dense.weight.data.zero_()
    network.classifier.dense.bias.data.copy_(torch.tensor([1.0, 0.0]))  # says "first" to everything
    judgement = judge(network, pairs)
    assert (judgement.pictures, judgement.accuracy) == (4, 0.5)
    psnr, vif = [], []
    for image in (image for pair in pairs for image in (pair.first, pair.second)):
        with torch.no_grad():
            error = network.reconstruct(torch.tensor(image)[None, None])[0, 0].numpy() - image
        psnr.append(10 * np.log10(1 / (error**2).mean()))
        vif.append(measure(image, image, image + error, ["VIF"])["VIF"].number / 2)
    assert judgement.psnr == pytest.approx(np.mean(psnr), rel=1e-5)
    assert judgement.vif == pytest.approx(np.mean(vif), rel=1e-5)
    assert judgement.sharpness > 0
    assert judgement.spread == 0
    with pytest.raises(InputError, match="keep out at least one case"):
        judge(network, [])


def test_a_start_is_the_auto_encoder_of_installed_weights_and_leaves_the_classifier_untrained():
    args = Namespace(seed=0, device="cpu", start="camf")
    network, about = _network(args, fusion.find("camf-infrared-visible"))
    installed = fusion.load("CAMF").state_dict()
    same = {name for name, value in network.state_dict().items() if torch.equal(value, installed[name])}
    assert same == {name for name in installed if not name.startswith("classifier")}
    assert (about["method"], about["sha256"]) == ("CAMF", fusion.card("CAMF")["sha256"])


def test_a_figure_that_no_picture_has_is_left_out_of_the_card():
    network = untrained().eval()
    network.classifier.dense.weight.data.zero_()  # weighs all channels alike: no correlation
    judgement = judge(network, [random_pair((24, 37))])  # too small for VIF
    assert np.isnan([judgement.vif, judgement.sharpness, judgement.correlation]).all()
    assert set(_rounded(judgement)) == {
        "pictures",
        "reconstruction_psnr_db",
        "modality_accuracy",
        "class_weight_spread",
    }


@pytest.mark.slow
@pytest.mark.parametrize("stop", [1, 7])
def test_a_resumed_stage_1_ends_bit_for_bit_where_an_unbroken_one_does(stop, pairs, tmp_path, monkeypatch):
    unbroken = untrained()
    train_autoencoder(unbroken, [pairs], [1.0], TINY, quiet=True)
    state = tmp_path / "runs" / "camf.safetensors"
    original = fusion.training.camf_autoencoder._reconstruction_step

    def interrupted(run, recipe, batch):
        if run.step == stop:
            raise KeyboardInterrupt
        original(run, recipe, batch)

    with monkeypatch.context() as patch:
        patch.setattr(fusion.training.camf_autoencoder, "_reconstruction_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train_autoencoder(untrained(), [pairs], [1.0], TINY, state, save_every=0, quiet=True)
    resumed = untrained()
    train_autoencoder(resumed, [pairs], [1.0], TINY, state, quiet=True)
    for name, value in unbroken.state_dict().items():
        assert torch.equal(resumed.state_dict()[name], value), name
    with pytest.raises(InputError, match="another recipe"):
        train_autoencoder(untrained(), [pairs], [1.0], CamfRecipe(steps=3), state, quiet=True)


def test_a_recipe_without_steps_is_refused_and_stage_2_always_has_one():
    assert CamfRecipe(steps=20000).classifier_steps == 5000
    assert CamfRecipe(steps=1).classifier_steps == 1
    with pytest.raises(InputError, match="at least one step"):
        CamfRecipe(steps=0)


def test_photographs_are_grey_scaled_and_paired_with_their_negatives():
    found = natural_pictures()
    assert [pair.title for pair in found] == list(NATURAL)
    for pair in found:
        assert isinstance(pair, ImagePair)
        assert (pair.first.dtype, pair.first.ndim) == (np.float32, 2)
        assert (pair.first.min(), pair.first.max()) == (0, 1)
        assert min(pair.shape) >= 300
        np.testing.assert_allclose(pair.first + pair.second, 1, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("slug", ["camf", "camf-infrared-visible"])
def test_the_command_writes_weights_and_a_card_from_which_to_repeat_it(slug, tmp_path, capsys):
    data = brains(tmp_path)
    places = ["--out", str(tmp_path / "out"), "--runs", str(tmp_path / "runs")]
    quick = ["--steps", "2", "--side", "32", "--batch", "1", "--phantoms", "1", "--threads", "1"]
    quick += ["--nightscenes", "1", "--tell-apart", "brains", "--half-precision", "0", "--start", slug]
    quick += ["--gradient-weight", "3", "--grain", "0.5"]
    assert main(["train", "--method", slug, "--data", str(data), *quick, *places]) == 0
    assert f"{slug}.safetensors" in capsys.readouterr().out
    network = fusion.load(slug, tmp_path / "out")
    assert isinstance(network, CAMF)
    card = json.loads((tmp_path / "out" / f"{slug}.json").read_text("utf-8"))
    assert card["command"] == (
        f"python -m fusion train --method {slug} --data brains --phantoms 1 --steps 2 --batch 1 --side 32 "
        f"--learning-rate 0.002 --seed 0 --device cpu --nightscenes 1 --start {slug} --tell-apart brains "
        "--hold 0.0 --half-precision 0.0 --gradient-weight 3.0 --grain 0.5"
    )
    assert card["recipe"]["gradient_weight"] == 3
    assert card["data"]["start"]["sha256"] == fusion.card(slug)["sha256"]
    assert card["departures"].startswith("Stage 1 takes absolute errors")
    assert card["data"]["kept_out"]["brains"]["cases"] == ["2"]
    learned = fusion.card(slug)["data"]["training"]
    assert card["data"]["learned_before"] == {name: part["cases"] for name, part in learned.items()}
    assert card["data"]["photographs"]["names"] == list(NATURAL)
    assert set(card["final_losses"]) == {"pixels", "gradients", "cross_entropy"}
    assert card["told_apart"] == list(card["data"]["training"])
    assert card["unseen"]["pictures"] == 2
    assert 0 <= card["unseen"]["modality_accuracy"] <= 1
    rows = read_csv(tmp_path / "out" / f"{slug}.csv")
    assert (rows[0]["pixels"] != "", rows[0]["cross_entropy"]) == (True, "")
    assert (rows[-1]["pixels"], rows[-1]["cross_entropy"] != "") == ("", True)
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.slow
def test_evaluate_sets_the_hand_made_rules_beside_the_learned_one(tmp_path, capsys):
    torch.manual_seed(2)
    save(CAMF(), fusion.find("CAMF"), {"data": {"training": {}, "kept_out": {}}}, tmp_path)
    table = tmp_path / "table.csv"
    words = ["--phantoms", "1", "--methods", "camf", "--checkpoints", str(tmp_path), "--metrics", "none"]
    rules = ["mean", "addition", "maximum", "ℓ1-norm"]
    for more, expected in (([], []), (["--variants"], [f"CAMF, {rule} of features" for rule in rules])):
        assert main(["evaluate", *words, *more, "--csv", str(table)]) == 0
        rows = list(dict.fromkeys(row["method"] for row in read_csv(table)))
        assert rows[rows.index("CAMF") + 1 :] == expected
    capsys.readouterr()


def test_what_cannot_be_trained_is_refused_in_one_sentence(tmp_path, capsys):
    data = brains(tmp_path)
    words = ["train", "--method", "camf", "--data", data, "--phantoms", "0", "--out", tmp_path / "out"]
    assert "there are brains" in refused(capsys, *words, "--tell-apart", "brians")
    write_pair(tmp_path / "heads", "5001", seed=5)
    only = [*words, "--data", tmp_path / "heads", "--tell-apart", "heads"]
    assert "No pair of heads is kept out" in refused(capsys, *only)
    assert "MaskNet has no auto-encoder" in refused(capsys, *words, "--start", "masknet")
    assert "choose --side 64 or less" in refused(capsys, *words, "--side", "96")
    known = fusion.card("camf")["data"]["training"]["mri_pet"]["cases"][0]
    for case in (known, "5"):
        write_pair(tmp_path / "mri_pet", f"{case}001", seed=int(case))
    both = [
        "train",
        "--method",
        "camf",
        "--data",
        tmp_path / "mri_pet",
        "--phantoms",
        "0",
        "--out",
        tmp_path / "out",
    ]
    sentence = refused(capsys, *both, "--kept-out", f"5,{known}", "--start", "camf")
    assert f"Case {known} cannot be kept out: camf, whose weights training starts from, has learned" in sentence
    study = ["study", "--method", "camf", "--data", data, "--out", tmp_path / "study"]
    assert "CAMF is not trained with γs and γ2" in refused(capsys, *study)
    if not torch.cuda.is_available():
        assert "leave out --device cuda" in refused(capsys, *words, "--device", "cuda")
    assert not (tmp_path / "out").exists()

"""How well fused images can be segmented: the measure by hand, the study and its command on a tiny set."""

import numpy as np
import pytest
import torch

import fusion
from fusion.__main__ import main
from fusion.errors import InputError
from fusion.evaluation.segmentation_study import (
    Overlap,
    Segmentation,
    SegmenterRecipe,
    fused_slices,
    judged,
    mean_overlap,
    overlaps,
    study,
    train_segmenter,
)
from fusion.method.checkpoints import save
from fusion.method.rules import RULES
from fusion.synthetic.labels import CLASSES, UNLABELLED
from tests.support.training_helpers import read_csv, refused

CPU = torch.device("cpu")


def test_overlaps_of_a_hand_made_example():
    predicted = np.array([[0, 0, 1, 1], [2, 2, 1, 0]])
    labels = np.array([[0, 1, 1, 1], [2, 0, 0, 0]])
    found = {each.name: each.iou for each in overlaps(predicted, labels)}
    assert found["background"] == pytest.approx(2 / 5)
    assert found["skull"] == pytest.approx(2 / 4)
    assert found["grey matter"] == pytest.approx(1 / 2)
    assert found["oedema"] is None
    assert mean_overlap(overlaps(predicted, labels)) == pytest.approx(0.5)


def test_unlabelled_pixels_are_not_judged_and_a_class_only_predicted_scores_zero():
    labels = np.array([0, UNLABELLED, 0])
    found = overlaps(np.array([0, 3, 1]), labels)
    assert [each.iou for each in found[:4]] == [0.5, 0.0, None, None]


def test_maps_of_two_shapes_are_refused():
    with pytest.raises(InputError, match=r"\(2,\) and labels \(3,\)"):
        overlaps(np.zeros(2, int), np.zeros(3, int))


def test_a_class_that_never_occurs_has_no_mean():
    row = Segmentation("x", ((Overlap("background", 0.9), Overlap("skull", None)),))
    assert row.values("skull") == []
    assert np.isnan(row.means[0])


def test_fused_slices_are_what_the_rule_makes_clipped():
    pair = fusion.phantom(0, size=64)
    (found,) = fused_slices([pair], lambda first, second: first * 3 - 1, CPU)
    np.testing.assert_allclose(found.planes[0], np.clip(pair.first * 3 - 1, 0, 1), atol=1e-6)


class Perfect(torch.nn.Module):
    """Reads the class off the brightness that a slice was given."""

    def forward(self, image):
        number = (image * len(CLASSES)).round().long()
        return torch.zeros(1, len(CLASSES), *image.shape[-2:]).scatter_(1, number, 1.0)


def test_a_perfect_segmenter_scores_one_on_every_class():
    labels = next(iter(fused_slices([fusion.phantom(0, size=64)], RULES["mean"], CPU))).labels
    slices = [type("Slice", (), {"planes": labels[None].astype(np.float32) / len(CLASSES), "labels": labels})]
    assert [each.iou for each in judged(Perfect(), slices, CPU)] == [1.0] * len(CLASSES)


def test_a_segmenter_learns_and_the_same_recipe_gives_the_same_one():
    slices = list(fused_slices([fusion.phantom(seed, size=64) for seed in (1000, 1002)], RULES["mean"], CPU))
    short, longer = SegmenterRecipe(steps=1, side=48, batch=2), SegmenterRecipe(steps=60, side=48, batch=2)
    learned = [train_segmenter(slices, recipe, CPU) for recipe in (short, longer)]
    scores = [mean_overlap(judged(segmenter, slices, CPU)) for segmenter in learned]
    assert scores[1] > scores[0] + 0.02
    again = mean_overlap(judged(train_segmenter(slices, short, CPU), slices, CPU))
    assert again == scores[0]


def test_the_study_gives_every_way_of_fusing_its_own_segmenter():
    pairs = [fusion.phantom(seed, size=64) for seed in (1000, 1001)]
    recipes = [SegmenterRecipe(steps=8, side=32, batch=2, seed=seed) for seed in (0, 1)]
    done = []
    chosen = {name: RULES[name] for name in ("mean", "copy of first")}
    rows = list(study(chosen, pairs, pairs, recipes, CPU, lambda: done.append(None)))
    assert [row.name for row in rows] == list(chosen)
    assert len(done) == 4
    assert rows[0].means != rows[1].means
    assert all(len(row.means) == 2 and row.means[0] != row.means[1] for row in rows)


def tiny(folder):
    torch.manual_seed(0)
    method = fusion.find("UAAFusion")
    save(method.build(), method, {}, folder)
    small = ("--steps", "1", "--side", "16", "--batch", "1", "--seeds", "1", "--size", "64")
    return ["segmentation", "--phantoms", "1", "--unseen", "1", *small, "--checkpoints", str(folder)]


def test_the_command_prints_and_writes_every_class_of_every_way(tmp_path, capsys):
    table = tmp_path / "table.csv"
    assert main([*tiny(tmp_path), "--methods", "uaafusion", "--csv", str(table)]) == 0
    printed = capsys.readouterr().out
    rows = read_csv(table)
    ways = list(dict.fromkeys(row["fusion"] for row in rows))
    assert ways[:4] == list(RULES)
    assert {"UAAFusion", "UAAFusion's own segmenter, first image"} <= set(ways)
    assert all(f"\n{way}" in printed for way in ways)
    assert [row["class"] for row in rows[: len(CLASSES)]] == list(CLASSES)
    assert all(row["iou"] == "" or 0 <= float(row["iou"]) <= 1 for row in rows)


def test_a_method_alone_is_measured_as_beside_the_rules(tmp_path, capsys):
    def measured(*more):
        table = tmp_path / "table.csv"
        arguments = ["--methods", "weighted-averaging", "--csv", str(table), *more]
        assert main([*tiny(tmp_path), *arguments]) == 0
        return [row for row in read_csv(table) if row["fusion"] == "Weighted Averaging"], len(read_csv(table))

    beside, all_rows = measured()
    alone, own_rows = measured("--no-rules")
    assert alone == beside
    assert own_rows == len(alone) < all_rows


def test_phantoms_that_were_learned_from_are_refused(tmp_path, capsys):
    assert "ask for fewer" in refused(capsys, *tiny(tmp_path), "--unseen", "1001")


def test_crops_larger_than_the_phantoms_are_refused(tmp_path, capsys):
    assert "give --side less" in refused(capsys, *tiny(tmp_path), "--side", "80")

"""Rules, ceiling and table: against scikit-image, hand-made figures and the definition of a maximum."""

import itertools

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

import fusion
from fusion.errors import InputError
from fusion.evaluation.ceiling import Ascent, ceiling
from fusion.evaluation.evaluation_report import formatted, records
from fusion.evaluation.method_table import CEILING, MethodRow, MethodTable, Score, evaluate, evenly_spaced, score
from fusion.method.rules import RULES, baselines
from fusion.metrics import table
from fusion.training.objective import ssim_sum

SHORT = Ascent(steps=60, rounds=2)


@pytest.fixture(scope="module")
def pair():
    return fusion.phantom(2, size=64)


def tensors(pair):
    return torch.tensor(pair.first)[None, None], torch.tensor(pair.second)[None, None]


def reference(a, b):
    _, full = structural_similarity(
        a.astype(float),
        b.astype(float),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1,
        full=True,
    )
    return full[5:-5, 5:-5].mean()


def test_rules_are_what_their_names_say():
    rng = np.random.default_rng(0)
    first, second = rng.random((2, 2, 1, 7, 5), dtype=np.float32)
    expected = {
        "copy of first": first,
        "copy of second": second,
        "mean": (first + second) / 2,
        "maximum": np.maximum(first, second),
    }
    assert RULES.keys() == expected.keys()
    for name, rule in RULES.items():
        got = rule(torch.from_numpy(first), torch.from_numpy(second))
        np.testing.assert_array_equal(got, expected[name], err_msg=name)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_refuses_what_a_network_refuses(name):
    with pytest.raises(InputError, match="equal shape"):
        RULES[name](torch.zeros(1, 1, 5, 6), torch.zeros(1, 1, 6, 5))


def test_scores_agree_with_scikit_image(pair):
    table = evaluate("phantoms", [pair], {**RULES, "averaging": fusion.load("Weighted Averaging")})
    a, b = pair.first, pair.second
    total = np.where(a + b > 0, a + b, 1)
    fused = {"maximum": np.maximum(a, b), "mean": (a + b) / 2, "averaging": (a**2 + b**2) / total}
    rows = {row.name: row.scores[0] for row in table.rows}
    for name, y in fused.items():
        assert rows[name].ssim_loss_first == pytest.approx(1 - reference(a, y), abs=1e-5)
        assert rows[name].ssim_loss_second == pytest.approx(1 - reference(b, y), abs=1e-5)
        assert rows[name].l2_first == pytest.approx(((a - y) ** 2).mean(), rel=1e-4)
        assert rows[name].l2_second == pytest.approx(((b - y) ** 2).mean(), rel=1e-4)
        assert rows[name].ssim_sum == pytest.approx(reference(a, y) + reference(b, y), abs=2e-5)
    assert rows["copy of first"].ssim_loss_first == pytest.approx(0, abs=1e-6)
    assert table.modalities == ("MRI", "PET")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_ceiling_is_above_every_rule_and_above_what_any_step_from_it_reaches(seed):
    first, second = tensors(fusion.phantom(seed, size=64))
    optimum = ceiling(first, second)
    rules = {name: ssim_sum(first, second, rule(first, second)).item() for name, rule in RULES.items()}
    assert optimum.start == max(rules, key=rules.get)
    assert optimum.value > max(rules.values()) + 0.01
    assert ssim_sum(first, second, optimum.fused).item() == pytest.approx(optimum.value, abs=1e-6)
    longer = ceiling(first, second, Ascent(steps=600, rounds=1))
    assert longer.value < optimum.value + 0.002


def test_the_ceiling_of_a_pair_of_equal_images_is_the_image():
    image, _ = tensors(fusion.phantom(0, size=64))
    optimum = ceiling(image, image, SHORT)
    assert optimum.value == pytest.approx(2, abs=1e-5)


def test_an_ascent_never_ends_below_its_start(pair):
    first, second = tensors(pair)
    wild = ceiling(first, second, Ascent(steps=3, learning_rate=10.0, rounds=1))
    best = max(ssim_sum(first, second, rule(first, second)).item() for rule in RULES.values())
    assert wild.value >= best
    assert wild.steps == 3


def test_the_ascent_stops_when_a_round_gains_too_little(pair):
    first, second = tensors(pair)
    assert ceiling(first, second, Ascent(steps=5, rounds=4, tolerance=2.0)).steps == 5
    assert ceiling(first, second, Ascent(steps=5, rounds=3, tolerance=-1.0)).steps == 15


def test_the_ceiling_refuses_batches_small_pictures_and_no_steps(pair):
    first, second = tensors(pair)
    with pytest.raises(InputError, match="one pair"):
        ceiling(first.expand(2, 1, 64, 64), second.expand(2, 1, 64, 64))
    with pytest.raises(InputError, match="at least 11×11"):
        ceiling(first[..., :9], second[..., :9])
    for wrong in ({"steps": 0}, {"rounds": 0}, {"learning_rate": 0.0}):
        with pytest.raises(InputError, match="at least one round"):
            Ascent(**wrong)


@pytest.mark.slow
def test_only_the_asked_slices_are_climbed_and_progress_is_told():
    pairs = [fusion.phantom(seed, size=64) for seed in range(3)]
    count = itertools.count()
    table = evaluate("phantoms", iter(pairs), RULES, (0, 2), SHORT, done=lambda: next(count))
    assert next(count) == 3 + 2
    assert table.slices == 3
    assert table.ceiling_at == (0, 2)
    assert table.ceiling.name == CEILING
    for climbed, index in zip(table.ceiling.scores, table.ceiling_at, strict=True):
        assert climbed.ssim_sum > max(row.scores[index].ssim_sum for row in table.rows)
        alone = score(*tensors(pairs[index]), ceiling(*tensors(pairs[index]), SHORT).fused)
        assert climbed == alone


def row(name, *sums):
    return MethodRow(name, tuple(Score(1 - value / 4, 1 - 3 * value / 4, 0.125, 0.5) for value in sums))


TABLE = MethodTable(
    "demo", ("MRI", "CT"), (row("good", 1.2, 1.0, 1.6), row("bad", 0.4, 0.2, 0.6)), (0, 2), row("top", 1.5, 2.0)
)


def test_percentages_compare_the_same_slices():
    good, bad = TABLE.rows
    assert TABLE.percent(good) == pytest.approx(100 * (1.2 + 1.6) / (1.5 + 2.0))
    assert TABLE.percent(bad) == pytest.approx(100 * (0.4 + 0.6) / (1.5 + 2.0))
    assert TABLE.percent(TABLE.ceiling) == 100
    assert good.mean("ssim_sum") == pytest.approx(3.8 / 3)
    assert good.deviation("ssim_sum") == pytest.approx(np.std([1.2, 1.0, 1.6], ddof=1))


def test_the_printed_table_shows_the_figures_and_says_what_the_percentages_are_of():
    lines = formatted(TABLE).splitlines()
    assert lines[0] == ("demo: 3 slices; the ceiling's row and all percentages are over 2 evenly spaced of them")
    assert lines[1].split("  ")[0] == "method"
    assert all(
        head in lines[1] for head in ("SSIM sum", "of ceiling", "1−SSIM MRI", "1−SSIM CT", "MSE MRI", "MSE CT")
    )
    assert " ".join(lines[2].split()) == "good 1.2667 ± 0.3055 80.00 % 0.6833 0.0500 0.12500 0.50000"
    assert " ".join(lines[3].split()) == "bad 0.4000 ± 0.2000 28.57 % 0.9000 0.7000 0.12500 0.50000"
    assert lines[4].startswith("top ")
    assert len({len(line) for line in lines[1:]}) == 1


def test_a_table_without_a_ceiling_shows_no_percentages():
    plain = MethodTable("demo", ("a", "b"), (row("only", 1.0),))
    assert formatted(plain).splitlines()[0] == "demo: 1 slice"
    assert "%" not in formatted(plain)
    with pytest.raises(InputError, match="no ceiling"):
        plain.percent(plain.rows[0])
    _, mean, sd, count = records(plain)
    assert (mean["percent_of_ceiling"], sd["ssim_sum"], count["ssim_sum"]) == ("", "", 1)


def test_records_hold_the_same_figures_unrounded():
    good, bad, top = (record for record in records(TABLE) if record["row"] == "mean")
    assert good["ssim_sum"] == TABLE.rows[0].mean("ssim_sum")
    assert bad["percent_of_ceiling"] == TABLE.percent(TABLE.rows[1])
    assert top["ceiling_slices"] == 2
    assert good["ssim_loss_first"] + good["ssim_loss_second"] == pytest.approx(2 - good["ssim_sum"])
    assert [record["ssim_sum"] for record in records(TABLE) if record["row"] == "count"] == [3, 3, 2]
    assert [record["pair"] for record in records(TABLE) if record["row"] == "pair"][-2:] == ["1", "3"]


def test_an_evaluation_measures_what_the_table_of_one_pair_measures(pair):
    fusers = {**baselines(), "mine": lambda first, second: 0.25 * first + 0.75 * second}
    found = evaluate("phantoms", [pair], fusers, metrics=["SF", "SCD"])
    assert found.pairs == (pair.title,)
    assert found.measurements == table(pair, {"mine": 0.25 * pair.first + 0.75 * pair.second}, ["SF", "SCD"])
    assert not evaluate("phantoms", [pair], fusers).measurements


def test_mixed_modalities_are_called_first_and_second(pair):
    other = fusion.data.pairs.ImagePair(pair.first, pair.second, "other", ("MRI", "CT"))
    assert evaluate("mixed", [pair, other], RULES).modalities == ("first", "second")


def test_nothing_to_evaluate_is_refused():
    with pytest.raises(InputError, match="no pair to evaluate in demo"):
        evaluate("demo", [], RULES)


@pytest.mark.parametrize("count", [1, 2, 7, 100])
@pytest.mark.parametrize("wanted", [1, 2, 3, 7, 200])
def test_evenly_spaced_places_are_distinct_inside_and_even(count, wanted):
    places = evenly_spaced(count, wanted)
    assert len(set(places)) == len(places) == min(count, wanted)
    assert all(0 <= place < count for place in places)
    gaps = np.diff(places)
    assert len(gaps) == 0 or gaps.max() - gaps.min() <= 1

import json
import logging
import sys
from dataclasses import replace

import numpy as np
import pytest
from torch import nn

import fusion
from fusion.errors import InputError
from saliency.cohort.case_figures import MEANINGS, WHOLE, PlaceFigures, case_figures, drawn_sample
from saliency.cohort.cohort_files import HEADS, parquet_bytes, summary_json, table_row
from saliency.cohort.cohort_row import CohortRow
from saliency.cohort.cohort_run import CohortNetwork, CohortProgress, CohortSlice, cohort_stream
from saliency.cohort.cohort_summary import cohort_summary
from saliency.cohort.intensity_regions import BRIGHT_DARK, DARK_BRIGHT, drawn_pixels, intensity_regions
from saliency.cohort.kept_figures import KeptFigures, figures_key
from saliency.cohort.outliers import outliers_first
from saliency.derivatives.fused_image import fused_image
from saliency.derivatives.jacobian import jacobian
from saliency.derivatives.region_rows import region_rows
from saliency.geometry.masks import labelled
from saliency.measures.region_report import region_report

PAIR = fusion.phantom(3, size=64)
MASKNET = fusion.load("MaskNet")


class Blur(nn.Module):
    """Three quarters of the first input and a quarter of the second one's mean of 3 × 3."""

    def forward(self, first, second):
        return 0.75 * first + 0.25 * nn.functional.avg_pool2d(second, 3, 1, 1)


def network(name="Blur", module=None, weights="w"):
    return CohortNetwork(name, weights, lambda pair: Blur().eval() if module is None else module)


def slice_of(seed, case="1"):
    return CohortSlice("phantoms", case, f"{case}/{seed}", lambda: fusion.phantom(seed, size=64))


def row(value, place=0, network="N", case="a", figure="rows_share"):
    return CohortRow("c", case, str(place), "", network, PlaceFigures(WHOLE, 9, 9, (0, 0), {figure: value}))


def test_figures_of_a_linear_network_are_known():
    found = next(case_figures(Blur().eval(), PAIR, pixels=40)).figures
    # A pixel at the border sees fewer neighbours; where something is drawn there is none.
    assert found["rows_share"] == pytest.approx(0.75, abs=1e-6)
    assert found["guidance_share"] == pytest.approx(0.75 / (0.75 + 0.25 / 9), abs=1e-6)
    assert found["share_gap"] == pytest.approx(found["rows_share"] - found["guidance_share"])
    assert found["neighbours"] == pytest.approx(0.25 * 8 / 9, abs=1e-6)
    assert found["radius_first"] == 0
    assert found["radius_second"] == pytest.approx(np.sqrt(2))
    assert found["pearson"] is None
    assert found["checks_failed"] == 0


def with_one_region(which):
    """The pair with its smallest or largest region alone, and the name of that."""
    label = which(PAIR.regions, key=lambda name: PAIR.regions[name].sum())
    return replace(PAIR, regions={label: PAIR.regions[label]}), label


def figures_of(pair, label, pixels):
    """What MaskNet does to one region; no more is computed."""
    return next(each for each in case_figures(MASKNET, pair, pixels=pixels) if each.place == label)


@pytest.mark.slow
def test_a_small_region_has_the_figures_of_its_report():
    pair, label = with_one_region(min)
    region = labelled(pair, label)
    place = figures_of(pair, label, pixels=int(region.sum()))
    report = region_report(region_rows(MASKNET, pair, region), pair, fused_image(MASKNET, pair))
    found = place.figures
    assert found["rows_share"] == pytest.approx(report.share[0])
    assert found["leakage"] == found["outside_share"] == pytest.approx(report.leakage)
    assert found["neighbours"] == pytest.approx(report.neighbourhood, abs=1e-6)
    assert found["pearson"] == pytest.approx(report.correlation.pearson)
    assert place.pixels == place.taken == region.sum()


@pytest.mark.slow
def test_a_part_of_a_region_is_held_against_the_whole_region():
    """Leakage of the drawn pixels: what comes from outside the region, not from outside these pixels."""
    pair, label = with_one_region(max)
    region = labelled(pair, label)
    drawn = drawn_sample(region, 15, seed=0)
    outside = total = 0.0
    for pixel in np.argwhere(drawn):
        both = np.abs(np.stack(jacobian(MASKNET, pair, tuple(map(int, pixel))).full()).astype(float))
        outside, total = outside + both[:, ~region].sum(), total + both.sum()
    found = figures_of(pair, label, pixels=15)
    assert found.taken == 15
    assert found.figures["leakage"] == pytest.approx(outside / total, rel=1e-4)


def test_regions_are_bright_where_they_say_so():
    found = intensity_regions(fusion.phantom(seed=7))
    pair = fusion.phantom(seed=7)
    drawn = drawn_pixels(pair)
    for name, sign in ((BRIGHT_DARK, 1), (DARK_BRIGHT, -1)):
        if name in found:
            assert sign * (pair.first[found[name]].mean() - pair.first[drawn].mean()) > 0
            assert sign * (pair.second[found[name]].mean() - pair.second[drawn].mean()) < 0
    assert list(found)[: len(pair.regions)] == list(pair.regions)


def test_a_pair_that_shows_nothing_has_no_such_region():
    flat = replace(PAIR, first=np.zeros((9, 7), np.float32), second=np.zeros((9, 7), np.float32), regions={})
    assert intensity_regions(flat) == {}
    assert drawn_pixels(flat).all()


def test_a_run_goes_on_with_what_is_kept(tmp_path):
    kept, slices = KeptFigures(tmp_path / "results"), [slice_of(1), slice_of(2)]
    stream = cohort_stream(slices, [network()], kept, pixels=5)
    first = [next(stream), next(stream)][-1]
    stream.close()
    assert (first.done, first.found_before) == (1, 0)
    *_, whole = cohort_stream(slices, [network()], kept, pixels=5)
    assert (whole.done, whole.found_before, whole.left) == (2, 1, 0)
    *_, again = cohort_stream(slices, [network()], kept, pixels=5)
    assert (again.found_before, again.left) == (2, None)
    assert again.rows == whole.rows
    assert first.rows == whole.rows[: len(first.rows)]


def test_a_key_is_of_all_that_decides():
    def key(**changed):
        given = {"pair": PAIR, "network": "N", "weights": "w", "pixels": 5, "seed": 0}
        return figures_key(**{**given, **changed})

    region = {"a": np.ones(PAIR.shape, bool)}
    others = [
        key(pair=fusion.phantom(4, size=64)),
        key(pair=replace(PAIR, regions=region)),
        *(key(network="M"), key(weights="v"), key(pixels=6), key(seed=1)),
    ]
    assert len({key(), *others}) == 7
    assert key() == key()


@pytest.mark.parametrize("content", [b"", b"{", b'{"places": [{"place": "x"}]}', b"[]", b"null"])
def test_a_damaged_file_is_measured_again(tmp_path, content):
    kept = KeptFigures(tmp_path)
    *_, before = cohort_stream([slice_of(1)], [network()], kept, pixels=5)
    (file,) = tmp_path.iterdir()
    file.write_bytes(content)
    *_, after = cohort_stream([slice_of(1)], [network()], kept, pixels=5)
    assert after.found_before == 0
    assert after.rows == before.rows


def test_what_fails_is_named_and_passed_over(tmp_path, caplog):
    class Failing(nn.Module):
        def forward(self, first, second):
            raise RuntimeError("no such kernel")

    def unreadable():
        raise InputError("The picture is damaged.")

    slices = [CohortSlice("c", "1", "1/1", unreadable), slice_of(1)]
    networks = [network("Failing", Failing().eval()), network()]
    with caplog.at_level(logging.DEBUG, "saliency.cohort"):
        *_, found = cohort_stream(slices, networks, KeptFigures(tmp_path), pixels=5)
    assert (found.done, found.total) == (4, 4)
    told = [(each.title, each.network, each.sentence) for each in found.failures]
    assert told[0] == ("1/1", "", "The picture is damaged.")
    assert told[1][:2] == ("1/1", "Failing")
    assert "no such kernel" in told[1][2]
    assert {each.network for each in found.rows} == {"Blur"}
    written = [record for record in caplog.records if record.name.startswith("saliency.cohort")]
    assert written
    assert all(record.exc_info for record in written)


def test_outliers_come_first_by_tukeys_rule():
    values = [0.5, 0.51, 0.49, 0.5, 0.52, 0.49, 0.9, 0.5, 0.51]
    low, high = np.quantile(values, (0.25, 0.75))
    found = outliers_first([row(value, place) for place, value in enumerate(values)])
    assert found[0].row.slice == "6"
    assert found[0].figure == "rows_share"
    assert found[0].ranges == pytest.approx((0.9 - high) / (high - low))
    assert [each.row.slice for each in found[1:]] == [str(place) for place in range(9) if place != 6]
    assert not any(each.figure for each in found[1:])


def test_few_or_equal_values_have_no_outliers():
    assert not any(each.figure for each in outliers_first([row(value) for value in (0, 0, 0, 0, 0, 0, 9)]))
    assert not any(each.figure for each in outliers_first([row(value) for value in [0.0] * 9 + [2.0]]))
    assert not any(each.figure for each in outliers_first([row(value) for value in [1.0] * 9 + [1.01]]))
    assert outliers_first([row(value) for value in [1.0] * 9 + [2.0]])[0].ranges == pytest.approx(100)


def test_a_summary_has_every_network_and_pairs_slices():
    rows = [
        row(value, place, name, case)
        for name, base in (("N", 0.5), ("M", 0.2))
        for place, (case, value) in enumerate([("a", base), ("a", base + 0.1), ("b", base + 0.3)])
    ]
    found = cohort_summary(rows)
    one = (found.distributions[0].place, found.distributions[0].figure)
    alone = cohort_summary(rows, chosen=one)
    assert alone.distributions == tuple(each for each in found.distributions if (each.place, each.figure) == one)
    assert alone.differences == tuple(each for each in found.differences if (each.place, each.figure) == one)
    assert [each.network for each in found.distributions] == ["N", "M"]
    assert found.distributions[0].median == pytest.approx(0.6)
    assert found.distributions[0].mean.mean == pytest.approx((0.55 + 0.8) / 2)
    (difference,) = found.differences
    assert (difference.network, difference.other) == ("N", "M")
    assert difference.mean.mean == pytest.approx(0.3)
    assert difference.is_clear


def test_files_hold_no_path_and_agree(tmp_path):
    *_, found = cohort_stream([slice_of(1), slice_of(2, "2")], [network()], KeptFigures(tmp_path), pixels=5)
    rows = [table_row(each) for each in outliers_first(found.rows)]
    assert {len(each) for each in rows} == {len(HEADS)}
    content = json.loads(summary_json(found, {"slices": 2}, 0))
    assert content["slices"] == 2
    assert set(content["figures"]) == set(MEANINGS)
    assert str(tmp_path) not in json.dumps(content)


def test_parquet_has_what_the_table_has():
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    rows = [table_row(each) for each in outliers_first([row(0.5), row(None)])]
    found = parquet.read_table(pyarrow.BufferReader(parquet_bytes(rows)))
    assert found.column_names == list(HEADS)
    assert [tuple(each.values()) for each in found.to_pylist()] == rows


def test_without_the_package_the_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match="pip install 'fusevis\\[parquet\\]'"):
        parquet_bytes([])


def test_time_left_is_told_by_what_was_measured_now():
    assert CohortProgress(0, 4).left is None
    assert CohortProgress(3, 5, found_before=1, seconds=20.0).left == 20.0

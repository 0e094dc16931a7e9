"""Verdict without a browser: rows held against saliency's, their order, the table, the values."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from dash import no_update

import saliency
from dashboard.pages.regions.uploads import Uploads, mask_of
from dashboard.pages.verdict import verdict_rows
from dashboard.pages.verdict.verdict_jobs import STEPS, Opened, RowProgress, VerdictJobs, VerdictRow
from dashboard.pages.verdict.verdict_lines import judged, values_table
from dashboard.pages.verdict.verdict_place import Place
from dashboard.pages.verdict.verdict_table import table
from dashboard.report.number_table import table_csv
from dashboard.report.provenance import TableOrigin, about_table
from saliency.geometry.masks import disk
from saliency.validation.verdict_rules import Level
from tests.support.close_results import assert_close
from tests.support.report_helpers import DAY
from tests.support.waiting import until
from tests.unit.dashboard.test_verdict_details import text_of

pytestmark = pytest.mark.slow
PAIR, NETWORK, REGION, MIDDLE = "cases/wide", "DeepFuse", "disk:20,31,4", (20, 31)
VIEW = {"pair": PAIR, "network": NETWORK, "height": 48, "width": 72}


@pytest.fixture(scope="module")
def verdicts(service):
    return VerdictJobs(service)


@pytest.fixture(scope="module")
def regions(service):
    uploads = Uploads()

    def region(pair_id, word):
        pair = service.catalogue.pair(pair_id)
        return pair, mask_of(word, pair, uploads)

    return region


@pytest.fixture(scope="module")
def place(regions):
    return Place(PAIR, *regions(PAIR, REGION), REGION)


@pytest.fixture(scope="module")
def rows(verdicts, place):
    def finished():
        found = verdicts.rows("module", place, lambda name: name in (NETWORK, "Weighted Averaging"))
        return all(row.is_over for row in found) and {row.network: row for row in found}

    return until(finished)


def weigh(verdicts, regions, region=REGION, at=MIDDLE, asked=None, shown=None, token="page"):
    return verdict_rows.weigh(verdicts, regions, None, VIEW, at, region, asked, False, token, shown)


def test_a_rows_figures_are_saliencys(rows, world, place):
    network, pair = world.networks[NETWORK], world.pairs[PAIR]
    found = rows[NETWORK].progress
    report = saliency.region_report(
        saliency.region_rows(network, pair, disk(MIDDLE, 4, pair.shape)), pair, saliency.fused_image(network, pair)
    )
    assert (place.middle, found.report.pixels, found.is_complete) == (MIDDLE, report.pixels, True)
    assert found.report.share == pytest.approx(report.share, rel=1e-4)
    assert found.report.leakage == pytest.approx(report.leakage, rel=1e-4)
    assert found.report.contrasts == report.contrasts
    assert_close(found.checks, saliency.trust_card(network, pair, MIDDLE))
    assert_close(found.moves, saliency.share_under_moves(network, pair, MIDDLE))
    for index, each in enumerate(found.nudges):
        alone = saliency.nudge(network, pair, MIDDLE, index)
        np.testing.assert_allclose(each.real, alone.real, rtol=1e-5)
        assert each.input_index == index


def test_what_is_not_wanted_is_not_computed_and_says_how_long_it_takes(rows):
    other = rows["FunFuseAn"]
    assert (other.is_wanted, other.progress.is_complete, other.progress.report) == (False, False, None)
    assert other.expected > 0


def test_a_row_is_asked_for_and_cancelled(verdicts, place):
    quick = "Weighted Averaging (frozen weights)"

    def row(**words):
        found = verdicts.rows("asking", place, lambda _: False, **words)
        return next(each for each in found if each.network == quick)

    until(lambda: row().expected)
    assert row(asked=[quick]).is_wanted
    assert not row(asked=[quick], cancelled=[quick]).is_wanted
    assert row().is_over
    assert until(lambda: row(asked=[quick]).progress.is_complete)
    assert row().progress.is_complete, "what is computed stays where it is asked for no more"


def test_slow_networks_are_expected_to_take_longer():
    local, whole = Opened(True, 0.2, 0.01), Opened(False, 0.2, 1.0)
    assert local.expected(100) < whole.expected(1) < whole.expected(100)


def test_a_single_pixel_has_the_share_of_its_read_out(verdicts, regions, world):
    place = Place(PAIR, *regions(PAIR, "rect:20,31,20,31"))

    def reported():
        found = verdicts.rows("pixel", place, lambda name: name == NETWORK)
        row = next(each for each in found if each.network == NETWORK)
        return row.progress.report and row

    row = until(reported)
    verdicts.rows("pixel", place, lambda _: False)  # its checks are wanted by nobody
    alone = saliency.influence(saliency.jacobian(world.networks[NETWORK], world.pairs[PAIR], MIDDLE))
    assert row.progress.report.share[0] == pytest.approx(alone.share_first, rel=1e-4)
    line = judged(verdicts.purpose, place, [row])[0]
    assert (line.evidence.leakage, line.evidence.contrast_kept) == (None, None)
    assert "pixel at row 20, column 31" in place.said()


def test_rows_are_sorted_and_one_for_another_modality_is_flagged_last(verdicts, rows, place):
    lines = judged(verdicts.purpose, place, list(rows.values()))
    assert lines[-1].verdict.level is Level.UNKNOWN or lines[-1].evidence.suits is False
    complete = next(line for line in lines if line.network == NETWORK)
    assert complete.verdict.sentence.endswith(".")
    assert complete.learned() == "not told", "the cards of random networks say nothing"


def test_a_cell_without_a_figure_is_empty(place):

    waiting = VerdictRow("Weighted Averaging", is_wanted=True, expected=30.0)
    some = replace(waiting, network="MaskNet", progress=RowProgress("", "adding noise", (3, 9)))
    asked = VerdictRow("UAAFusion (frozen weights)", expected=900.0)
    shown = table(_lines_of(place, (waiting, some, asked)), place.pair.names, "")
    bodies = [line.children for line in shown.children[1].children]
    assert [sum(cell.className == "empty" for cell in cells[2:7]) for cells in bodies] == [5, 5, 5]
    assert "adding noise; less than a minute of work left" in text_of(bodies[1][1])
    assert "Compute (about 15 minutes)" in text_of(bodies[2][1])
    progress = bodies[1][1].children.children[0]
    assert float(progress.value) == pytest.approx(3 / 9, abs=1e-3)
    assert progress.max == str(STEPS)


def _lines_of(place, rows):
    from dashboard.pages.verdict.verdict_lines import VerdictLine
    from fusion.method.purpose import Purpose
    from saliency.validation.verdict_rules import Evidence, verdict

    found = []
    for row in rows:
        evidence = Evidence(place.pair.names, report=row.progress.report)
        found.append(VerdictLine(row, Purpose(), evidence, verdict(evidence), False))
    return found


def test_values_come_back_digit_by_digit_and_empty_ones_stay_empty(verdicts, rows, place):
    lines = judged(verdicts.purpose, place, list(rows.values()))
    origin = TableOrigin(**about_table(place.pair, [], DAY))
    text = table_csv(values_table(place, lines), origin).decode()
    table_rows = {line["network"]: line for line in csv.DictReader(io.StringIO(text.split("\n", 2)[2]))}
    found = table_rows[NETWORK]
    report = rows[NETWORK].progress.report
    assert float(found["share MRI"]) == report.share[0]
    assert float(found["leakage"]) == report.leakage
    moves = rows[NETWORK].progress.moves
    assert float(found["largest change of share MRI by 1 px of misregistration"]) == moves.change
    shown = text_of(table(lines, place.pair.names, ""))
    assert f"1 px off: ±{100 * moves.change:.1f}" in shown
    assert found["sentence"] == next(line for line in lines if line.network == NETWORK).verdict.sentence
    assert table_rows["FunFuseAn"]["share MRI"] == ""
    assert table_rows["FunFuseAn"]["verdict"] == "not computed"


def test_a_regions_middle_becomes_the_pixel(regions):
    assert verdict_rows.centre(regions, VIEW, "rect:3,4,5,8") == [4, 6]
    assert verdict_rows.centre(regions, VIEW, "disk:1") is no_update
    assert verdict_rows.centre(regions, VIEW, "") is no_update


def test_a_word_that_is_no_region_is_told(verdicts, regions):
    body, title, problem, waits, *_ = weigh(verdicts, regions, region="disk:1")
    assert (body, title, waits) == (None, "", None)
    assert "three numbers" in text_of(problem)


def test_only_what_changes_is_sent(verdicts, regions, rows):
    asked = {"place": [PAIR, REGION], "compute": [], "cancel": ["FunFuseAn"]}
    found = until(lambda: (now := weigh(verdicts, regions, asked=asked))[3] is None and now)
    again = weigh(verdicts, regions, asked=asked, shown=found[4])
    assert again == (*[no_update] * 3, None, *[no_update] * 4)
    assert "tested at row 20, column 31" in found[1]
    assert found[5].startswith("data:image/svg")

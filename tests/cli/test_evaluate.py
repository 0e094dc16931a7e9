"""``evaluate``: which pairs it judges, what it prints and writes, and what it refuses."""

import shutil

import numpy as np
import pytest
import torch

import fusion
from fusion.__main__ import main
from fusion.method.checkpoints import save
from fusion.method.registry import find
from fusion.metrics import METRICS, measure
from tests.support.training_helpers import brains, read_csv, refused, write_pair


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return brains(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """DeepFuse and FunFuseAn installed (untrained), the other two not."""
    folder = tmp_path_factory.mktemp("weights")
    for name, training in (("DeepFuse", ["1", "4"]), ("FunFuseAn", ["1", "2"])):
        torch.manual_seed(0)
        save(find(name).build(), find(name), trained_on("brains", training), folder)
    return folder


def trained_on(collection, cases):
    """What a model card says of a training on these cases, all others kept out."""
    return {"data": {"training": {collection: {"cases": cases}}, "kept_out": {collection: {"cases": ["3"]}}}}


def means(path):
    """A CSV's rows of means by method."""
    return {row["method"]: row for row in read_csv(path) if row["row"] == "mean"}


def test_evaluate_scores_what_all_networks_kept_out(data, weights, tmp_path, capsys):
    table = tmp_path / "table.csv"
    arguments = ["--data", str(data), "--checkpoints", str(weights), "--csv", str(table)]
    assert main(["evaluate", *arguments]) == 0
    captured = capsys.readouterr()
    absent = [line for line in captured.err.splitlines() if "not installed" in line]
    assert [line.split(" is ")[0] for line in absent][:2] == ["MaskNet", "DeepPedestrian"]
    rows = means(table)
    assert list(rows) == [
        "copy of first",
        "copy of second",
        "mean",
        "maximum",
        "Weighted Averaging",
        "FunFuseAn",
        "DeepFuse",
    ]
    pairs = [row["pair"] for row in read_csv(table) if row["row"] == "pair"]
    assert pairs == ["3001"] * len(rows)  # case 3 was learned from by neither, 1, 2 and 4 by one
    pair = fusion.read_pair(data / "mri" / "3001.png", data / "pet" / "3001.png")
    fused = fusion.fuse(fusion.load("DeepFuse", weights), pair)
    assert float(rows["DeepFuse"]["l2_first"]) == pytest.approx(((pair.first - fused) ** 2).mean(), rel=1e-4)
    assert captured.out.startswith("brains: 1 slice\n")
    assert f"{float(rows['maximum']['ssim_sum']):.4f}" in captured.out


def test_evaluate_measures_every_metric_and_says_where_there_is_none(data, tmp_path, capsys):
    table = tmp_path / "table.csv"
    arguments = ["--pairs", str(data), "--checkpoints", str(tmp_path), "--cases", "1,2", "--csv", str(table)]
    assert main(["evaluate", *arguments]) == 0
    out = capsys.readouterr().out
    rows = [row for row in read_csv(table) if row["method"] == "copy of first"]
    assert [row["row"] for row in rows] == ["pair", "pair", "pair", "mean", "sd", "count"]
    pair = fusion.read_pair(data / "mri" / "1002.png", data / "pet" / "1002.png")
    values = measure(pair.first, pair.second, pair.first)
    assert rows[1]["pair"] == "1002"
    for name, value in values.items():
        assert rows[1][name] == ("" if value.number is None else str(value.number))
    assert "SCD: the fused image is a copy of the first" in rows[1]["undefined"]
    assert (rows[3]["SCD"], rows[5]["SCD"], rows[5]["VIF"]) == ("", "0", "3")
    assert float(rows[3]["VIF"]) == pytest.approx(np.mean([float(row["VIF"]) for row in rows[:3]]))
    assert float(rows[4]["VIF"]) == pytest.approx(np.std([float(row["VIF"]) for row in rows[:3]], ddof=1))
    assert "–: copy of first: SCD: the fused image is a copy of the first" in out
    assert f"{float(rows[3]['VIF']):.3f} ± {float(rows[4]['VIF']):.3f}" in out


def test_evaluate_takes_the_metrics_it_is_told_and_measures_rounded_or_not(data, tmp_path, capsys):
    def maximum(*arguments):
        table = tmp_path / "table.csv"
        base = ["evaluate", "--pairs", str(data), "--cases", "1", "--checkpoints", str(tmp_path)]
        assert main([*base, "--csv", str(table), *arguments]) == 0
        return means(table)["Weighted Averaging"]

    rounded = maximum("--metrics", "q^ab/f, sf")
    assert [name for name in rounded if name in METRICS] == ["Qabf", "SF"]
    exact = maximum("--metrics", "qabf,sf", "--unrounded")
    assert exact["SF"] != rounded["SF"]
    assert float(exact["SF"]) == pytest.approx(float(rounded["SF"]), abs=0.5)
    capsys.readouterr()
    assert not set(maximum("--metrics", "none")) & set(METRICS)
    assert len(capsys.readouterr().out.strip().splitlines()) == 2 + 5


def test_evaluate_of_phantoms_needs_no_files_and_gives_percentages_of_the_ceiling(
    weights, tmp_path, capsys, monkeypatch
):
    small = fusion.phantom
    monkeypatch.setattr("fusion.cli.judged_pairs.phantom", lambda seed: small(seed, size=64))
    table = tmp_path / "table.csv"
    arguments = ["--phantoms", "3", "--methods", "deepfuse", "--ceiling-pairs", "1", "--checkpoints", str(weights)]
    assert main(["evaluate", *arguments, "--metrics", "EN", "--csv", str(table)]) == 0
    out = capsys.readouterr().out
    assert "phantoms: 3 slices; the ceiling's row and all percentages are over 1 evenly spaced of them" in out
    rows = means(table)
    assert "FunFuseAn" not in rows
    ceiling = rows.pop("ceiling (gradient ascent)")
    assert (ceiling["ceiling_slices"], ceiling["EN"]) == ("1", "")
    assert float(ceiling["percent_of_ceiling"]) == 100
    assert all(float(row["percent_of_ceiling"]) < 100 for row in rows.values())


def test_evaluate_takes_cases_and_every_nth_pair(data, tmp_path, capsys):
    def slices(*arguments):
        nothing = ["--checkpoints", str(tmp_path), "--metrics", "none", "--data", str(data)]
        assert main(["evaluate", *nothing, *arguments]) == 0
        return capsys.readouterr().out.splitlines()[0]

    assert slices("--cases", "1, 4") == "brains: 3 slices"
    assert slices("--cases", "all") == "brains: 5 slices"
    assert slices("--cases", "all", "--every", "2") == "brains: 3 slices"
    assert slices() == "brains: 5 slices"  # no network is installed: none has learned from anything


def test_evaluate_shows_a_variant_of_the_same_picture_only_when_it_is_named(data, tmp_path, capsys):
    name = "Weighted Averaging (frozen weights)"
    arguments = ["evaluate", "--data", str(data), "--metrics", "SD", "--checkpoints", str(tmp_path)]
    assert main(arguments) == 0
    assert name not in capsys.readouterr().out
    assert main([*arguments, "--methods", "weighted-averaging-frozen-weights"]) == 0
    assert name in capsys.readouterr().out


def test_evaluate_refuses_what_it_cannot_use(data, weights, tmp_path, capsys):
    base = ["evaluate", "--checkpoints", weights, "--methods", "deepfuse"]
    assert "Name something to evaluate" in refused(capsys, *base)
    assert "does not exist" in refused(capsys, *base, "--data", tmp_path / "none")
    assert "given twice" in refused(capsys, *base, "--data", data, "--data", data)
    assert "No pair belongs to case 7; there are the cases 1, 2, 3, 4." in refused(
        capsys, *base, "--data", data, "--cases", "1,7"
    )
    assert "lists nothing" in refused(capsys, *base, "--data", data, "--cases", ",")
    assert "not allowed with" in refused(capsys, *base, "--data", data, "--cases", "1", "--kept-out")
    assert "must be 1 or more" in refused(capsys, *base, "--data", data, "--every", 0)
    assert "are learned from" in refused(capsys, *base, "--phantoms", 2000)
    assert "no fusion method called 'x'" in refused(capsys, "evaluate", "--phantoms", 1, "--methods", "x")
    assert "no metric called 'vifx'; choose one of: VIF" in refused(
        capsys, *base, "--pairs", data, "--metrics", "vifx"
    )
    write_pair(tmp_path / "brains", "1009", 3)
    seen = refused(capsys, *base, "--pairs", tmp_path / "brains")
    assert "brains holds only cases that a network has learned from; choose others with --cases" in seen


def test_evaluate_takes_all_of_a_folder_that_no_card_names(weights, tmp_path, capsys):
    write_pair(tmp_path / "elsewhere", "1001", 3)
    base = ["evaluate", "--checkpoints", str(weights), "--methods", "deepfuse", "--metrics", "none"]
    assert main([*base, "--pairs", str(tmp_path / "elsewhere")]) == 0
    assert capsys.readouterr().out.startswith("elsewhere: 1 slice\n")


def test_evaluate_says_when_a_card_does_not_tell_what_was_kept_out(data, tmp_path, capsys):
    save(find("DeepFuse").build(), find("DeepFuse"), {}, tmp_path)
    arguments = ["evaluate", "--checkpoints", tmp_path, "--methods", "deepfuse", "--data", data]
    assert "choose with --cases" in refused(capsys, *arguments)


def test_evaluate_leaves_out_an_unseen_case_with_a_picture_that_was_learned_from(data, weights, tmp_path, capsys):
    twins = tmp_path / "brains"
    shutil.copytree(data, twins)
    shutil.copy(twins / "pet" / "1001.png", twins / "pet" / "2001.png")  # case 1 was learned from, case 2 was not
    base = ["evaluate", "--checkpoints", str(weights), "--methods", "deepfuse", "--metrics", "none"]
    assert main([*base, "--pairs", str(data)]) == 0
    assert capsys.readouterr().out.startswith("brains: 2 slices\n")
    assert main([*base, "--pairs", str(twins)]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("brains: 1 slice\n")
    assert "brains: 2001 is left out: case 1, learned from, has one of its pictures." in captured.err
    assert main([*base, "--pairs", str(twins), "--cases", "2"]) == 0
    assert "is left out" not in capsys.readouterr().err


def test_evaluate_says_what_the_networks_have_learned_from(data, weights, tmp_path, capsys):
    table = tmp_path / "table.csv"
    base = ["evaluate", "--checkpoints", str(weights), "--metrics", "none", "--csv", str(table)]

    def said(*arguments):
        assert main([*base, *map(str, arguments)]) == 0
        return [line for line in capsys.readouterr().out.splitlines() if line.startswith("learned from")]

    assert said("--pairs", data) == ["learned from other cases of brains: FunFuseAn, DeepFuse"]
    assert {name: row["learned_from"] for name, row in means(table).items()} == {
        **dict.fromkeys(["copy of first", "copy of second", "mean", "maximum", "Weighted Averaging"], ""),
        **dict.fromkeys(["FunFuseAn", "DeepFuse"], "other cases of brains"),
    }
    assert said("--pairs", data, "--cases", "2") == [
        "learned from some of these very cases of brains: FunFuseAn",
        "learned from other cases of brains: DeepFuse",
    ]
    write_pair(tmp_path / "elsewhere", "1001", 3)
    assert said("--pairs", tmp_path / "elsewhere") == ["learned from nothing of elsewhere: FunFuseAn, DeepFuse"]


def test_evaluate_says_when_nobody_knows_what_was_learned_from(data, tmp_path, capsys):
    save(find("DeepFuse").build(), find("DeepFuse"), {}, tmp_path)
    (tmp_path / "mine.py").write_text(
        "import torch\nclass Mine(torch.nn.Module):\n    def forward(self, x1, x2): return (x1 + x2) / 2\n"
    )
    arguments = ["--methods", "deepfuse", "--network", f"{tmp_path / 'mine.py'}:Mine", "--metrics", "none"]
    assert (
        main(["evaluate", *arguments, "--checkpoints", str(tmp_path), "--pairs", str(data), "--cases", "1"]) == 0
    )
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "learned from pairs that its card does not name: DeepFuse",
        "learned from unknown pairs: Mine",
    ]


def test_pictures_without_a_partner_are_reported(tmp_path, capsys):
    write_pair(tmp_path / "odd", "1001", 1)
    (tmp_path / "odd" / "mri" / "1002.png").write_bytes(b"never opened")
    assert (
        main(["evaluate", "--data", str(tmp_path / "odd"), "--checkpoints", str(tmp_path), "--metrics", "none"])
        == 0
    )
    assert "1 pictures have no partner" in capsys.readouterr().err

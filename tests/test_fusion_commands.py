"""The command line: what it prints, writes and refuses, run in this process (and once in its own)."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import fusion
import fusion.commands.study
import fusion.commands.train
from fusion.__main__ import main
from fusion.checkpoints import save
from fusion.registry import find
from fusion.training import Recipe

QUICK = ["--steps", "2", "--side", "32", "--batch", "1", "--threads", "1"]


def write_pair(folder, stem, seed):
    """A phantom as two files, as a stranger would keep it: grey MRI, coloured PET."""
    pair = fusion.phantom(seed, size=64)
    for name, image in (("mri", np.rint(pair.first * 255).astype(np.uint8)), ("pet", pair.second_color)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / name / f"{stem}.png")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "brains"
    for seed, stem in enumerate(("1001", "1002", "2001", "3001", "4001")):
        write_pair(folder, stem, seed)
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """DeepFuse and FunFuseAn installed (untrained), the other two not."""
    folder = tmp_path_factory.mktemp("weights")
    for name, kept_out in (("DeepFuse", ["2", "3"]), ("FunFuseAn", ["3", "4"])):
        torch.manual_seed(0)
        about = {"data": {"kept_out": {"brains": {"pairs": 2, "cases": kept_out}}}}
        save(find(name).build(), find(name), about, folder)
    return folder


@pytest.fixture(autouse=True)
def keep_threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def refused(capsys, *arguments):
    """Run a command that has to end with code 2 and one sentence; the sentence."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as error:
        code = error.code
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    lines = [line.rsplit("\r", 1)[-1] for line in captured.err.strip().split("\n")]
    assert len(lines) == 1, lines
    assert lines[0].startswith("python -m fusion")
    return lines[0]


def test_fuse_writes_the_clipped_image_as_8_bit_grey(data, tmp_path, capsys):
    out = tmp_path / "fused.png"
    first, second = data / "mri" / "1001.png", data / "pet" / "1001.png"
    arguments = [
        "--method",
        "weighted averaging",
        "--first",
        str(first),
        "--second",
        str(second),
        "--out",
        str(out),
    ]
    assert main(["fuse", *arguments]) == 0
    a = np.asarray(Image.open(first), float)
    b = np.asarray(Image.open(second), float) @ [0.2989, 0.5870, 0.1140]
    a, b = ((x - x.min()) / (x.max() - x.min()) for x in (a, b))
    expected = 255 * (a**2 + b**2) / np.where(a + b > 0, a + b, 1)
    picture = Image.open(out)
    assert picture.mode == "L"
    assert np.abs(np.asarray(picture) - expected).max() <= 0.501
    assert "MRI and PET of 1001, fused by Weighted Averaging" in capsys.readouterr().out


def test_fuse_of_an_unbounded_network_clips_instead_of_wrapping_round(tmp_path):
    method = find("DeepPedestrian")
    torch.manual_seed(0)
    network = method.build()
    with torch.no_grad():
        network.last[1].weight.mul_(2000)
    save(network, method, {}, tmp_path)
    out = tmp_path / "fused.png"
    assert (
        main(
            ["fuse", "--method", method.slug, "--phantom", "4", "--checkpoints", str(tmp_path), "--out", str(out)]
        )
        == 0
    )
    fused = fusion.fuse(fusion.load(method.name, tmp_path), fusion.phantom(4))
    assert fused.min() < -0.5
    assert fused.max() > 1.5
    np.testing.assert_array_equal(np.asarray(Image.open(out)), np.rint(np.clip(fused, 0, 1) * 255))


def test_fuse_puts_the_second_pictures_colours_back(tmp_path):
    out = tmp_path / "fused.png"
    assert main(["fuse", "--method", "weightedaveraging", "--phantom", "5", "--color", "--out", str(out)]) == 0
    pair = fusion.phantom(5)
    shown = np.asarray(Image.open(out).convert("RGB"), float)
    assert Image.open(out).mode == "RGB"
    fused = 255 * fusion.fuse(fusion.load("Weighted Averaging"), pair)
    luma = shown @ [0.2989, 0.5870, 0.1140]
    inside = (shown > 0).all(axis=2) & (shown < 255).all(axis=2)
    assert inside.sum() > 5000
    assert np.abs(luma - fused)[inside].max() < 1
    kept = pair.second_color[..., 0].astype(float) - pair.second_color[..., 2]
    assert np.abs(shown[..., 0] - shown[..., 2] - kept)[inside].max() <= 1


def test_fuse_refuses_what_it_cannot_use(data, weights, tmp_path, capsys):
    out = ["--out", tmp_path / "y.png"]
    mri = data / "mri" / "1001.png"
    averaging = ["fuse", "--method", "weighted averaging"]
    assert "is grey" in refused(capsys, *averaging, "--first", mri, "--second", mri, "--color", *out)
    assert "Name a pair" in refused(capsys, *averaging, *out)
    assert "Name a pair" in refused(capsys, *averaging, "--first", mri, *out)
    assert "Name a pair" in refused(capsys, *averaging, "--phantom", 1, "--first", mri, *out)
    assert "no.png" in refused(capsys, *averaging, "--first", mri, "--second", tmp_path / "no.png", *out)
    assert "end in .png" in refused(capsys, *averaging, "--phantom", 1, "--out", tmp_path / "y.jpg")
    assert "make it first" in refused(capsys, *averaging, "--phantom", 1, "--out", tmp_path / "no" / "y.png")
    assert "must be 0 or more" in refused(capsys, *averaging, "--phantom", -1, *out)
    assert "choose one of: MaskNet" in refused(capsys, "fuse", "--method", "masket", "--phantom", 1, *out)
    not_there = ["fuse", "--method", "masknet", "--phantom", 1, "--checkpoints", weights]
    assert "MaskNet is not installed" in refused(capsys, *not_there, *out)
    assert list(tmp_path.iterdir()) == []


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_evaluate_scores_what_all_networks_kept_out(data, weights, tmp_path, capsys):
    table = tmp_path / "table.csv"
    arguments = ["--data", str(data), "--checkpoints", str(weights), "--ceiling-pairs", "0", "--csv", str(table)]
    assert main(["evaluate", *arguments]) == 0
    captured = capsys.readouterr()
    absent = [line for line in captured.err.splitlines() if "not installed" in line]
    assert [line.split(" is ")[0] for line in absent] == ["MaskNet", "DeepPedestrian"]
    rows = {row["method"]: row for row in read_csv(table)}
    assert list(rows) == [
        "copy of first", "copy of second", "mean", "maximum", "Weighted Averaging", "FunFuseAn", "DeepFuse",
    ]  # fmt: skip
    assert {row["slices"] for row in rows.values()} == {"1"}  # case 3 is in both cards, 2 and 4 in one each
    pair = fusion.read_pair(data / "mri" / "3001.png", data / "pet" / "3001.png")
    fused = fusion.fuse(fusion.load("DeepFuse", weights), pair)
    assert float(rows["DeepFuse"]["l2_first"]) == pytest.approx(((pair.first - fused) ** 2).mean(), rel=1e-4)
    assert captured.out.startswith("brains: 1 slice\n")
    assert f"{float(rows['maximum']['ssim_sum']):.4f}" in captured.out


def test_evaluate_of_phantoms_needs_no_files_and_gives_percentages_of_the_ceiling(
    weights, tmp_path, capsys, monkeypatch
):
    small = fusion.phantom
    monkeypatch.setattr("fusion.commands.evaluate.phantom", lambda seed: small(seed, size=64))
    table = tmp_path / "table.csv"
    arguments = ["--phantoms", "3", "--methods", "deepfuse", "--ceiling-pairs", "1", "--checkpoints", str(weights)]
    assert main(["evaluate", *arguments, "--csv", str(table)]) == 0
    out = capsys.readouterr().out
    assert "phantoms: 3 slices; the ceiling's row and all percentages are over 1 evenly spaced of them" in out
    rows = {row["method"]: row for row in read_csv(table)}
    assert "FunFuseAn" not in rows
    ceiling = rows.pop("ceiling (gradient ascent)")
    assert ceiling["slices"] == "1"
    assert float(ceiling["percent_of_ceiling"]) == 100
    assert all(float(row["percent_of_ceiling"]) < 100 for row in rows.values())


def test_evaluate_takes_cases_and_every_nth_pair(data, tmp_path, capsys):
    def slices(*arguments):
        nothing = ["--checkpoints", str(tmp_path), "--ceiling-pairs", "0", "--data", str(data)]
        assert main(["evaluate", *nothing, *arguments]) == 0
        return capsys.readouterr().out.splitlines()[0]

    assert slices("--cases", "1, 4") == "brains: 3 slices"
    assert slices("--cases", "all") == "brains: 5 slices"
    assert slices("--cases", "all", "--every", "2") == "brains: 3 slices"
    assert slices() == "brains: 5 slices"  # no network is installed: none has learned from anything


def test_evaluate_shows_a_variant_of_the_same_picture_only_when_it_is_named(data, tmp_path, capsys):
    name = "Weighted Averaging (frozen weights)"
    arguments = ["evaluate", "--data", str(data), "--ceiling-pairs", "0", "--checkpoints", str(tmp_path)]
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
    write_pair(tmp_path / "other", "9001", 3)
    assert "other holds no pair of the wanted cases" in refused(capsys, *base, "--data", tmp_path / "other")


def test_evaluate_says_when_a_card_does_not_tell_what_was_kept_out(data, tmp_path, capsys):
    save(find("DeepFuse").build(), find("DeepFuse"), {}, tmp_path)
    arguments = ["evaluate", "--checkpoints", tmp_path, "--methods", "deepfuse", "--data", data]
    assert "choose with --cases" in refused(capsys, *arguments)


def train_arguments(data, tmp_path, *more):
    folders = ["--out", str(tmp_path / "out"), "--runs", str(tmp_path / "runs")]
    return ["train", "--method", "deepfuse", "--data", str(data), "--phantoms", "0", *QUICK, *folders, *more]


def test_train_writes_weights_that_load_and_a_card_that_tells_the_split(data, tmp_path, capsys):
    assert main(train_arguments(data, tmp_path, "--kept-out", "4,2")) == 0
    assert str(tmp_path / "out" / "deepfuse.safetensors") in capsys.readouterr().out
    fusion.load("DeepFuse", tmp_path / "out")
    card = fusion.card("DeepFuse", tmp_path / "out")
    assert card["data"]["training"] == {"brains": {"pairs": 3, "cases": ["1", "3"]}}
    assert card["data"]["kept_out"] == {"brains": {"pairs": 2, "cases": ["2", "4"]}}
    assert card["data"]["phantoms"]["count"] == 0
    assert card["recipe"]["steps"] == 2
    assert card["recipe"]["objective"]["gamma_ssim"] == find("DeepFuse").gamma_ssim
    assert len(read_csv(tmp_path / "out" / "deepfuse.csv")) == 1
    assert Image.open(tmp_path / "out" / "deepfuse.png").format == "PNG"
    assert (tmp_path / "runs" / "deepfuse.safetensors").exists()


def test_train_refuses_what_it_cannot_use(data, tmp_path, capsys):
    def sentence(*more):
        return refused(capsys, *train_arguments(data, tmp_path, *more))

    assert "must be 1 or more, not -3" in sentence("--steps", "-3")
    assert "must be 11 or more" in sentence("--side", "8")
    assert "no whole number" in sentence("--batch", "two")
    assert "number above 0" in sentence("--learning-rate", "nan")
    assert "No pair belongs to case 77" in sentence("--kept-out", "1,77")
    assert "leaves nothing to learn from" in sentence("--kept-out", "1,2,3,4")
    assert "choose --side 64 or less" in sentence("--side", "65")
    assert "nothing to train" in sentence("--method", "weighted averaging")
    assert "unrecognized arguments: --stpes" in sentence("--stpes", "4")
    assert not (tmp_path / "out").exists()


def test_folders_of_one_name_are_told_apart(data, tmp_path, capsys):
    write_pair(tmp_path / "brains", "8001", 1)
    main(train_arguments(data, tmp_path, "--data", str(tmp_path / "brains")))
    assert set(fusion.card("DeepFuse", tmp_path / "out")["data"]["training"]) == {
        str(data),
        str(tmp_path / "brains"),
    }


def test_pictures_without_a_partner_are_reported(tmp_path, capsys):
    write_pair(tmp_path / "odd", "1001", 1)
    (tmp_path / "odd" / "mri" / "1002.png").write_bytes(b"never opened")
    assert (
        main(["evaluate", "--data", str(tmp_path / "odd"), "--checkpoints", str(tmp_path), "--ceiling-pairs", "0"])
        == 0
    )
    assert "1 pictures have no partner" in capsys.readouterr().err


def study_arguments(data, out, *more):
    return [
        "study",
        "--method",
        "deepfuse",
        "--data",
        str(data),
        "--phantoms",
        "0",
        "--out",
        str(out),
        *QUICK,
        *more,
    ]


def cheap(gamma_ssim, gamma_l2):
    """A made-up trial that balances at (0.5, 0.5) only."""
    shift, other = 0.1 * (gamma_ssim - 0.5), 0.001 * (gamma_l2 - 0.5)
    return fusion.study.Trial(gamma_ssim, gamma_l2, 0.2 - shift, 0.2 + shift, 0.01 - other, 0.01 + other, 0.0)


def test_study_with_real_trainings_ends_in_time_and_goes_on(data, tmp_path, capsys):
    assert main(study_arguments(data, tmp_path, "--budget", "0.004")) == 0
    first = read_csv(tmp_path / "study-deepfuse.csv")
    assert len(first) >= 1
    assert f"DeepFuse: of {len(first)} trial" in capsys.readouterr().out
    assert main(study_arguments(data, tmp_path, "--budget", "0.004")) == 0
    assert read_csv(tmp_path / "study-deepfuse.csv")[: len(first)] == first
    capsys.readouterr()
    assert Image.open(tmp_path / "study-deepfuse.png").format == "PNG"
    settings = json.loads((tmp_path / "study-deepfuse.json").read_text("utf-8"))
    assert settings["training"] == {"brains": 4}
    assert settings["kept_out"] == ["2"]
    assert "other settings" in refused(capsys, *study_arguments(data, tmp_path, "--seed", "9"))


def test_study_names_the_weights_it_chose(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(fusion.commands.study, "measure_for", lambda *_: cheap)
    assert main(study_arguments(data, tmp_path)) == 0
    sentence = capsys.readouterr().out.strip().splitlines()[-1]
    assert sentence.startswith(
        "DeepFuse: of 25 trials of 2 steps, γs = 0.5 and γ2 = 0.5 balance the two images best"
    )
    assert sentence.endswith("(balanced).")


def test_an_interrupted_study_keeps_its_trials_and_its_picture(data, tmp_path, capsys, monkeypatch):
    made = []

    def impatient(*point):
        if len(made) == 4:
            raise KeyboardInterrupt
        made.append(cheap(*point))
        return made[-1]

    monkeypatch.setattr(fusion.commands.study, "measure_for", lambda *_: impatient)
    assert main(study_arguments(data, tmp_path)) == 130
    lines = [line.rsplit("\r", 1)[-1] for line in capsys.readouterr().err.strip().split("\n")]
    assert lines[-1].startswith("python -m fusion: interrupted;")
    assert not any("Traceback" in line for line in lines)
    assert fusion.trials.read_trials(tmp_path / "study-deepfuse.csv") == made
    assert (tmp_path / "study-deepfuse.png").exists()


def test_a_budget_too_small_for_one_trial_is_refused(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(fusion.commands.study, "search", lambda *_: iter(()))
    assert main(study_arguments(data, tmp_path, "--budget", "0.001")) == 2
    assert "ended before the first trial" in capsys.readouterr().err


def test_ctrl_c_is_one_line_and_exit_code_130(data, tmp_path, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(fusion.commands.train, "train", interrupt)
    assert main(train_arguments(data, tmp_path)) == 130
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("python -m fusion: interrupted;")


def test_a_place_that_cannot_be_written_is_one_sentence(data, tmp_path, capsys):
    (tmp_path / "out").write_text("a file, not a folder")
    assert main(train_arguments(data, tmp_path)) == 2
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith(f"python -m fusion: {tmp_path / 'out'}: ")


@pytest.mark.parametrize("arguments", [[], ["paint"], ["fuse"], ["train", "--method"]], ids=str)
def test_words_that_argparse_refuses_are_one_line(arguments, capsys):
    assert "--help" in refused(capsys, *arguments)


@pytest.mark.parametrize("word", ["fuse", "train", "evaluate", "study"])
def test_help_tells_every_flag_and_no_absent_default(word, capsys):
    with pytest.raises(SystemExit) as caught:
        main([word, "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert "default: None" not in text
    flags = [line.split()[0] for line in text.splitlines() if line.startswith("  --")]
    assert len(flags) >= 6


def test_training_defaults_are_the_recipes(monkeypatch, tmp_path, data):
    seen = []
    monkeypatch.setattr(fusion.commands.train, "run", seen.append)
    monkeypatch.setattr(fusion.commands.train, "train", None)
    main(["train", "--method", "masknet", "--data", str(data)])
    (args,) = seen
    default = Recipe()
    assert (args.steps, args.batch, args.side, args.learning_rate, args.seed) == (
        default.steps, default.batch, default.side, default.learning_rate, default.seed,
    )  # fmt: skip


def test_the_module_runs_on_its_own(tmp_path):
    root = Path(fusion.__file__).parent.parent
    command = [
        sys.executable,
        "-m",
        "fusion",
        "fuse",
        "--method",
        "maskent",
        "--phantom",
        "1",
        "--out",
        str(tmp_path / "y.png"),
    ]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("python -m fusion: There is no fusion method called 'maskent'")
    assert ended.stderr.count("\n") == 1

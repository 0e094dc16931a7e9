"""``train`` and ``study`` on the command line: what they write, refuse and keep when interrupted."""

import errno
import json

import pytest
from PIL import Image

import fusion
import fusion.cli.study
import fusion.cli.train
from fusion.__main__ import main
from fusion.method.registry import find
from fusion.shipped import SHIPPED
from fusion.training.loop import Recipe
from tests.support.training_helpers import brains, last_shown, read_csv, refused, write_pair

QUICK = ["--steps", "2", "--side", "32", "--batch", "1", "--threads", "1"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return brains(tmp_path_factory.mktemp("data"))


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
    assert list((tmp_path / "runs").iterdir()) == []  # nothing is left that a later training could take up


@pytest.mark.parametrize("method", ["deepfuse", "camf", "uaafusion"])
def test_an_unfinished_run_is_never_kept_where_the_weights_come_to_lie(data, tmp_path, capsys, method):
    """It has their name, and is removed once they are written."""
    words = train_arguments(data, tmp_path, "--runs", str(tmp_path / "runs" / ".." / "out"), "--phantoms", "1")
    words[words.index("deepfuse")] = method
    assert "keep unfinished runs in another folder" in refused(capsys, *words)


def stopped_before_saving(data, tmp_path, monkeypatch, *more):
    """Train, and be interrupted when all steps are done but no weights are written."""

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fusion.cli.train, "save", interrupt)
        assert main(train_arguments(data, tmp_path, *more)) == 130
    assert (tmp_path / "runs" / "deepfuse.safetensors").exists()


def test_train_goes_on_where_it_stopped(data, tmp_path, capsys, monkeypatch):
    def step(*_):
        raise AssertionError("every step was done before")

    stopped_before_saving(data, tmp_path, monkeypatch)
    monkeypatch.setattr(fusion.training.loop, "_step", step)
    assert main(train_arguments(data, tmp_path)) == 0
    assert fusion.card("DeepFuse", tmp_path / "out")["data"]["kept_out"]["brains"]["cases"] == ["2"]


@pytest.mark.parametrize("more", [["--kept-out", "3"], ["--phantoms", "1"]], ids=str)
def test_a_run_that_learned_from_other_cases_is_not_taken_up(more, data, tmp_path, capsys, monkeypatch):
    stopped_before_saving(data, tmp_path, monkeypatch)
    assert main(train_arguments(data, tmp_path, *more)) == 2
    assert "learned from other data" in last_shown(capsys.readouterr().err)[-1]
    assert not (tmp_path / "out").exists()


def test_a_run_that_learned_from_other_pictures_of_the_same_names_is_not_taken_up(tmp_path, capsys, monkeypatch):
    for place, seed in (("one", 1), ("other", 2)):
        write_pair(tmp_path / place / "brains", "1001", seed)
    stopped_before_saving(tmp_path / "one" / "brains", tmp_path, monkeypatch)
    assert main(train_arguments(tmp_path / "other" / "brains", tmp_path)) == 2
    assert "learned from other data" in last_shown(capsys.readouterr().err)[-1]


def test_a_training_without_a_place_leaves_the_shipped_weights_alone(data, tmp_path, capsys, monkeypatch):
    before = {path.name: path.stat().st_mtime_ns for path in SHIPPED.iterdir()}
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--method", "deepfuse", "--data", str(data), "--phantoms", "0", *QUICK]) == 0
    fusion.load("DeepFuse", tmp_path / "own-checkpoints")
    assert {path.name: path.stat().st_mtime_ns for path in SHIPPED.iterdir()} == before


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
    return fusion.evaluation.loss_study.Trial(
        gamma_ssim, gamma_l2, 0.2 - shift, 0.2 + shift, 0.01 - other, 0.01 + other, 0.0
    )


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
    monkeypatch.setattr(fusion.cli.study, "measure_for", lambda *_: cheap)
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

    monkeypatch.setattr(fusion.cli.study, "measure_for", lambda *_: impatient)
    assert main(study_arguments(data, tmp_path)) == 130
    lines = last_shown(capsys.readouterr().err)
    assert lines[-1].startswith("python -m fusion: interrupted;")
    assert not any("Traceback" in line for line in lines)
    assert fusion.evaluation.trials.read_trials(tmp_path / "study-deepfuse.csv") == made
    assert (tmp_path / "study-deepfuse.png").exists()


def test_a_budget_too_small_for_one_trial_is_refused(data, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(fusion.cli.study, "search", lambda *_: iter(()))
    assert main(study_arguments(data, tmp_path, "--budget", "0.001")) == 2
    assert "ended before the first trial" in capsys.readouterr().err


def test_ctrl_c_is_one_line_and_exit_code_130(data, tmp_path, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(fusion.cli.train, "train", interrupt)
    assert main(train_arguments(data, tmp_path)) == 130
    assert last_shown(capsys.readouterr().err)[-1].startswith("python -m fusion: interrupted;")


def test_a_place_that_cannot_be_written_is_one_sentence(data, tmp_path, capsys):
    (tmp_path / "out").write_text("a file, not a folder")
    assert main(train_arguments(data, tmp_path)) == 2
    assert last_shown(capsys.readouterr().err)[-1].startswith(f"python -m fusion: {tmp_path / 'out'}: ")


def test_a_full_disk_is_one_sentence(data, tmp_path, capsys, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fusion.cli.train, "train", full)
    assert main(train_arguments(data, tmp_path)) == 2
    assert last_shown(capsys.readouterr().err)[-1] == "python -m fusion: No space left on device."


def test_training_defaults_are_the_recipes(monkeypatch, tmp_path, data):
    seen = []
    monkeypatch.setattr(fusion.cli.train, "run", seen.append)
    monkeypatch.setattr(fusion.cli.train, "train", None)
    main(["train", "--method", "masknet", "--data", str(data)])
    (args,) = seen
    default = Recipe()
    assert (args.steps, args.batch, args.side, args.learning_rate, args.seed) == (
        default.steps,
        default.batch,
        default.side,
        default.learning_rate,
        default.seed,
    )

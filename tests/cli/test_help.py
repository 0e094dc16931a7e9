"""``--help`` of every command line: what it lists, and that it loads none of the libraries that take seconds."""

import subprocess
import sys

import pytest

from dashboard.cli import dashboard_commands, fusevis
from dashboard.cli.fusevis import main
from dashboard.report.export_request import ExportRequest
from dashboard.report.view import DisplayLook
from fusion.cli.subcommands import Parser
from fusion.cli.train import run as run_training
from fusion.metric_names import METRIC_NAMES
from fusion.metrics import METRICS

SLOW = ("torch", "numpy", "matplotlib", "PIL", "scipy", "dash", "flask", "plotly", "tqdm", "pydicom", "nibabel")
SHOW_HELP = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=False)
except SystemExit as ended:
    assert ended.code == 0
    print("loaded:", [name for name in %r if name in sys.modules])
"""


@pytest.mark.parametrize(
    "command",
    [
        ["fusion"],
        ["saliency"],
        ["dashboard"],
        ["dashboard", "report"],
        ["dashboard.cli.fusevis"],
        ["dashboard.cli.fusevis", "fuse"],
        ["dashboard.cli.fusevis", "attribution"],
    ],
    ids=" ".join,
)
def test_help_loads_nothing_slow(command):
    done = subprocess.run(
        [sys.executable, "-c", SHOW_HELP % (SLOW,), *command, "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("usage: ")
    assert done.stdout.endswith("loaded: []\n")


def test_fusevis_lists_every_command(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    names = [subcommand.name for subcommand in fusevis.SUBCOMMANDS]
    assert len(set(names)) == len(names) == 23
    for subcommand in fusevis.SUBCOMMANDS:
        assert f"\n    {subcommand.name}" in said
        assert " ".join(subcommand.summary.split()) in " ".join(said.split())


def test_what_runs_a_command_can_be_loaded():
    targets = {subcommand.name: subcommand.load() for subcommand in fusevis.SUBCOMMANDS}
    assert all(callable(target) for target in targets.values())
    assert targets["train"] is run_training


def test_fusevis_runs_a_command_and_says_in_one_sentence_what_is_wrong(tmp_path, capsys):
    out = tmp_path / "fused.png"
    assert main(["fuse", "--method", "weighted averaging", "--phantom", "1", "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    assert main(["fuse", "--method", "weighted averaging", "--out", str(out)]) == 2
    assert capsys.readouterr().err.startswith("fusevis: Name a pair")


def test_help_shows_the_defaults_that_an_export_has():
    parser = Parser()
    dashboard_commands.REPORT.add_arguments(parser)
    plain = DisplayLook()
    shown = ("gamma1", "gamma2", "display", "colormap", "window")
    assert {name: parser.get_default(name) for name in shown} == {
        name: str(getattr(plain, name)) for name in shown
    }
    assert parser.get_default("dpi") == str(ExportRequest.dpi)


def test_help_names_every_metric():
    assert tuple(METRICS) == METRIC_NAMES

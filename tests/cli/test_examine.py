"""``examine`` on the command line: a line a point, a verdict, an exit code."""

import pytest

from saliency.__main__ import main
from tests.support.own_networks import BLEND, written


@pytest.mark.slow
def test_it_prints_every_point_and_ends_with_1_where_one_failed(tmp_path, capsys):
    card = "output_channel = 2\n[arguments]\nchannels = 2\n"
    assert main(["examine", f"{written(tmp_path, BLEND, card)}:Blend"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["RIGHT", "weights"], ["FAILED", "output"]]
    assert "output_channel = 2" in lines[1]
    assert lines[-1].endswith("1 failed, 11 not done: do not lean on its maps before that is mended.")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["masknet", "--weights", "w.pth"], "--weights belongs to a network of your own"),
        (["="], "names no network"),
    ],
)
def test_what_names_no_network_is_refused(words, sentence, capsys):
    assert main(["examine", *words]) == 2
    assert sentence in capsys.readouterr().err

import csv
import re

import numpy as np
import pytest
from PIL import Image

import fusion
from saliency.__main__ import main
from saliency.derivatives.fused_image import fused_image
from saliency.derivatives.region_rows import region_rows
from saliency.geometry.masks import labelled
from saliency.measures.region_report import region_report

BASE = ["region", "--methods", "weighted-averaging", "--phantom", "3"]


def test_region_prints_and_writes_what_the_functions_say(tmp_path, capsys):
    file = tmp_path / "core.csv"
    methods = ["region", "--methods", "weighted-averaging,weighted averaging (frozen weights)", "--phantom", "3"]
    assert main([*methods, "--label", "necrotic core", "--ring", "3", "--out", str(file)]) == 0
    pair, net = fusion.phantom(3), fusion.load("Weighted Averaging")
    wanted = region_report(
        region_rows(net, pair, labelled(pair, "necrotic core")), pair, fused_image(net, pair), 3.0
    )
    said = capsys.readouterr().out
    assert f"{wanted.pixels} pixels, 0.00% of the influence from outside" in said
    assert f"share {wanted.share[0]:.2%}" in said
    assert str(wanted.correlation) in said
    assert len(re.findall(r"rank \d", said)) == 6
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [row["network"] for row in rows] == ["Weighted Averaging", "Weighted Averaging (frozen weights)"]
    assert float(rows[0][f"Influence: share {pair.names[0]}"]) == wanted.share[0]
    assert float(rows[0]["Contrast to ring, CNR: fused"]) == wanted.contrasts[2].cnr
    assert rows[0]["2. bright functional region kept"] == ""


@pytest.mark.parametrize(
    ("flags", "count"),
    [
        (["--outline", "10,10,10,20,20,20"], 66),
        (["--rectangle", "5,5,9,14"], 50),
        (["--disk", "100,90,2"], 13),
    ],
)
def test_drawn_regions(flags, count, capsys):
    assert main([*BASE, *flags]) == 0
    assert f"Weighted Averaging: {count} pixels" in capsys.readouterr().out


def test_a_mask_file_is_a_region(tmp_path, capsys):
    mask = np.zeros((256, 256), np.uint8)
    mask[100:103, 90:94] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    assert main([*BASE, "--mask", str(tmp_path / "mask.png")]) == 0
    assert "Weighted Averaging: 12 pixels" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "Name one region"),
        (["--disk", "5,5,2", "--label", "oedema"], "Name one region"),
        (["--label", "liver"], "no region called 'liver'"),
        (["--disk", "5,5"], "three numbers"),
        (["--rectangle", "5,5,6"], "two opposite corners"),
        (["--rectangle", "5,5,6,6,7,7"], "two opposite corners"),
        (["--disk=-90,5,3"], "no pixel"),
        (["--mask", "nowhere.png"], "nowhere.png"),
        (["--disk", "50,50,3", "--out", "nowhere/table.csv"], "does not exist"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(flags, said, capsys):
    assert main([*BASE, *flags]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_trust_prints_each_check_and_its_verdict(capsys):
    words = ["trust", "--phantom", "3", "--pixel", "137,116", "--method"]
    assert main([*words, "weighted-averaging"]) == 0
    told = capsys.readouterr().out
    assert re.findall("^[A-Z ]+(?=:)", told, re.M) == ["PASS", "PASS", "NOT APPLICABLE", "MISREGISTRATION"]
    assert "PET was moved by a pixel to each of its eight neighbouring places." in told
    assert main([*words, "weighted averaging (frozen weights)"]) == 0
    assert capsys.readouterr().out.startswith("WARN: agrees with differences.")

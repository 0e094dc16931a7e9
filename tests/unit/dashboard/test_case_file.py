"""A case file: what it holds against the engine's own, what it says of its error, and whom it names."""

import base64
import json
import re
import zlib
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import saliency
from dashboard.__main__ import main
from dashboard.report import case_windows as case_windows_module
from dashboard.report.case_file import ENTRY, INSTEAD, case_file
from dashboard.report.case_file_command import REMEDY
from dashboard.report.case_windows import BLOCK, CaseNetwork, about_part, case_windows, part_bytes, refuse_large
from dashboard.report.inlined_modules import PREFIX, import_map, inlined_modules
from dashboard.report.window_codes import coded, decoded, deflated, inflated, windows_of
from dashboard.server.messages import unpacked
from dashboard.settings import ASSETS
from fusion import InputError
from fusion.data.outgoing.unnamed import unnamed
from saliency.derivatives.jacobian import full_image_jacobian
from saliency.derivatives.jacobian_blocks import jacobian_blocks
from saliency.geometry.window import Window, whole
from tests.support.networks import in_double, network, random_pair

SECRET = "Zyxwvut^Qwertine PID-7731-ZQ"
SHAPE = (19, 21)


def written(pair, name="MaskNet", area=None, reach=8):
    """A file, and what it was made of."""
    asked = CaseNetwork(name, "ab" * 32, network(name), saliency.fused_image(network(name), pair), reach)
    area = area or whole(pair.shape)
    for found in case_windows(asked, pair, area):
        latest = found
    part = part_bytes(asked, latest, about_part(asked, latest, pair))
    return case_file(unnamed(pair), area, [asked], [part], date(2026, 11, 27)).decode(), latest


def block_of(page, name):
    return base64.b64decode(re.search(f'id="{name}">([^<]*)<', page)[1])


def message_of(page, name):
    return unpacked(zlib.decompress(block_of(page, name), -zlib.MAX_WBITS))


def held_windows(page):
    """What a reader finds: the decoded windows of every pixel, by pixel."""
    about, figures = message_of(page, "network-0")
    (top, bottom, left, right), data = message_of(page, "pair")[0]["area"], block_of(page, "windows-0")
    found, start, lengths = {}, 0, iter(about["lengths"])
    for row in range(top, bottom, BLOCK):
        for col in range(left, right, BLOCK):
            pixels = [
                (down, across)
                for down in range(row, min(row + BLOCK, bottom))
                for across in range(col, min(col + BLOCK, right))
            ]
            length = next(lengths)
            codes = inflated(data[start : start + length], len(pixels), about["reach"])
            start += length
            limits = np.array([figures["limit"][down - top, across - left] for down, across in pixels])
            found |= zip(pixels, decoded(codes, limits), strict=True)
    assert start == len(data)
    return found


def test_codes_come_back_as_they_were():
    codes = np.random.default_rng(1).integers(-128, 128, (7, 2, 3, 3)).astype(np.int8)
    assert (inflated(deflated(codes), pixels=7, reach=1) == codes).all()


def test_what_is_not_finite_stays_so_and_counts_as_no_error():
    values = np.array([[[[np.nan, 1.0, np.inf]], [[0.0, -2.0, 1e-6]]]], dtype=np.float32)
    found = coded(values)
    back = decoded(found.codes, found.limits)
    assert np.isnan(back[0, 0, 0, [0, 2]]).all()
    assert back[0, 1, 0].tolist() == [0.0, -2.0, 0.0]
    assert found.limits.tolist() == [2.0]
    assert found.relative < 0.01
    assert coded(np.zeros((2, 2, 3, 3), dtype=np.float32)).relative == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["MaskNet", "Weighted Averaging"])
def test_windows_are_those_of_float64_autograd_within_the_error_that_is_told(name):
    pair = random_pair(SHAPE)
    reach = saliency.locality(network(name)).radius
    page, _ = written(pair, name, reach=reach)
    about, figures = message_of(page, "network-0")
    worst, relative = 0.0, 0.0
    held = held_windows(page)
    assert len(held) == SHAPE[0] * SHAPE[1]
    for (row, col), values in held.items():
        if (row * SHAPE[1] + col) % 7:
            continue
        full = full_image_jacobian(in_double(name), pair, (row, col))
        exact = windows_of([full], reach)[0]
        off = np.abs(values.astype(np.float64) - exact)
        largest = np.abs(exact).max()
        worst, relative = max(worst, off.max()), max(relative, (off / largest).max())
        found = saliency.influence(full)
        assert figures["share1"][row, col] == pytest.approx(found.share_first, abs=1e-5)
        assert figures["total2"][row, col] == pytest.approx(found.total_second, rel=1e-5)
        assert figures["d1"][row, col] == pytest.approx(full.first[row, col], abs=1e-5)
    assert worst <= about["error"] + 1e-6
    assert relative <= about["relative"] + 1e-5
    assert about["relative"] < 0.008
    assert about["beside"] < 1e-5
    assert about["checked"] > 3
    assert not about["is_cut"]


def test_the_error_told_is_the_largest_there_is():
    pair, area = random_pair(SHAPE), Window(3, 14, 2, 17)
    page, _ = written(pair, area=area)
    about, figures = message_of(page, "network-0")
    limits, held, off = figures["limit"], held_windows(page), []
    for block in jacobian_blocks(network("MaskNet"), pair, area, BLOCK):
        for J, exact in zip(block.jacobians, windows_of(block.jacobians, 8), strict=True):
            off.append((J.pixel, np.abs(held[J.pixel].astype(np.float64) - exact).max()))
    assert max(each for _, each in off) == about["error"]
    parts = [each / limits[pixel[0] - 3, pixel[1] - 2].astype(np.float64) for pixel, each in off]
    assert max(parts) == pytest.approx(about["relative"], rel=1e-12)


def test_a_smaller_window_tells_what_lies_outside_of_it():
    pair = random_pair(SHAPE)
    page, _ = written(pair, area=Window(5, 9, 6, 9), reach=2)
    about, figures = message_of(page, "network-0")
    full = full_image_jacobian(in_double("MaskNet"), pair, (7, 7))
    strengths = np.abs(np.stack([full.first, full.second]))
    inside = strengths[:, 5:10, 5:10].sum() / strengths.sum()
    assert figures["outside"][2, 1] == pytest.approx(1 - inside, abs=1e-5)
    assert about["is_cut"]
    assert about["outside_most"] == pytest.approx(figures["outside"].max())
    assert figures["total1"][2, 1] == pytest.approx(np.abs(full.first).sum(), rel=1e-5)


def test_it_names_nobody_and_no_place(tmp_path):
    pair = replace(
        random_pair(SHAPE), title=SECRET, names=("Zyxwvut", "PET"), remarks=(f"{tmp_path}/Zyxwvut: odd.",)
    )
    page, _ = written(pair, "Weighted Averaging", reach=0)
    messages = [block_of(page, name) for name in ("pair", "network-0")]
    parts = [zlib.decompress(each, -zlib.MAX_WBITS).decode("latin-1") for each in messages]
    modules = json.loads(re.search('<script type="importmap">(.*?)</script>', page)[1])["imports"]
    parts += [base64.b64decode(each.partition(",")[2]).decode() for each in modules.values()]
    for secret in ("Zyxwvut", "Qwertine", "7731", str(tmp_path), str(ASSETS), "/home/", "/root/"):
        assert [secret for text in (page, *parts) if secret in text] == []
    assert message_of(page, "pair")[0]["title"] == f"Pair {pair.content_hash[:8]}"


def test_modules_are_named_not_placed_and_another_takes_the_place_of_the_servers():
    modules = inlined_modules(ASSETS / "js", ENTRY, INSTEAD)
    assert PREFIX + ENTRY in modules
    assert PREFIX + "viewer/viewer.js" in modules
    for name, text in modules.items():
        imported = re.findall(r'^(?:import|export)\b[^;"]*?\bfrom "([^"]+)";', text, re.MULTILINE)
        assert [each for each in imported if each not in modules] == [], name
        assert not re.search(r'^(?:import|export)\b.*"\.', text, re.MULTILINE), name
    for old, new in INSTEAD.items():
        assert PREFIX + old not in modules
        assert PREFIX + new in modules
        wanted = exported(ASSETS / "js" / old) & used_of(modules, PREFIX + new)
        assert wanted
        assert used_of(modules, PREFIX + new) - exported(ASSETS / "js" / new) == set()
    assert json.loads(import_map(modules))["imports"].keys() == modules.keys()


def exported(module):
    return set(re.findall(r"^export (?:async )?(?:function|const) (\w+)", module.read_text("utf-8"), re.MULTILINE))


def used_of(modules, name):
    """What modules take from one that they import whole."""
    found = set()
    for text in modules.values():
        if match := re.search(rf'import \* as (\w+) from "{re.escape(name)}";', text):
            found |= set(re.findall(rf"\b{match[1]}\.(\w+)", text))
    return found


def refusal(capsys, tmp_path, *words):
    out = tmp_path / "case.html"
    assert main(["casefile", "--out", str(out), *words]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert not out.exists()
    return said.err


@pytest.mark.slow
def test_what_cannot_be_written_is_one_sentence(capsys, tmp_path, pair_folder, random_checkpoints, monkeypatch):
    pair = ("--pairs", str(pair_folder), "--pair", "wide", "--checkpoints", str(random_checkpoints))
    assert "Name at least one network" in refusal(capsys, tmp_path, *pair)
    words = (*pair, "--networks", "FunFuseAn")
    assert "ROW,COL,ROW,COL" in refusal(capsys, tmp_path, *words, "--rectangle", "3,4")
    assert "outside the image" in refusal(capsys, tmp_path, *words, "--rectangle", "3,4,900,9")
    monkeypatch.setattr(case_windows_module, "MOST_VALUES", 10**6)  # as if the picture were large
    assert "--rectangle of at most about" in refusal(capsys, tmp_path, *words)


def test_a_phantom_through_four_networks_is_too_large():
    reaches, picture = [12, 17, 8, 11], whole((256, 256))
    with pytest.raises(InputError, match=r"350 million derivatives, .* at most about 237 × 237 pixels"):
        refuse_large(reaches, picture, REMEDY)
    refuse_large(reaches, Window(0, 237, 0, 237), REMEDY)


def test_a_network_that_sees_everything_needs_a_reach(capsys, tmp_path):
    assert main(["casefile", "--out", str(tmp_path / "a.html"), "--phantom", "3", "--networks", "uaafusion"]) == 2
    assert "sees the whole image" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_a_command_writes_a_file(capsys, tmp_path, pair_folder, random_checkpoints):
    out = tmp_path / "case.html"
    words = ["--pairs", str(pair_folder), "--pair", "wide", "--checkpoints", str(random_checkpoints)]
    words += ["--networks", "FunFuseAn,DeepFuse", "--rectangle", "0,3,9,20", "--cache", str(tmp_path / "cache")]
    assert main(["casefile", *words, "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "KiB a pixel" in said.out
    assert f"wrote {out}" in said.out
    page = out.read_text("utf-8")
    about, _ = message_of(page, "pair")
    assert about["area"] == [0, 10, 3, 21]
    assert [each["name"] for each in about["facts"]["networks"]] == ["FunFuseAn", "DeepFuse"]
    assert str(pair_folder) not in page

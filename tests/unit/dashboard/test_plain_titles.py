"""Titles come from names of files: wherever they stand, they break nothing, and no sentence shows a whole path."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from xml.dom import minidom

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dashboard.jobs.queue import JobQueue
from dashboard.pages.regions.region_table import RegionOrigin
from dashboard.report import page_canvas, tables
from dashboard.report.number_table import NumberTable, table_csv
from dashboard.report.provenance import about_table
from dashboard.service.network_pool import NetworkPool
from dashboard.service.pair_catalogue import Catalogue
from fusion import ImagePair, InputError, read_collection
from fusion.data.csv_table import FORMULA
from fusion.data.naming import plain_words

NASTY = "=1+1\n7\x1b[31m\x00\u2028,@SUM(A1)\ud83d;-2+3"
GREY = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
PAIR = ImagePair(GREY, GREY[::-1], NASTY, ("=MRI\r", "PET"))
TABLE = NumberTable(f"A region of {PAIR.title}", ("network", *PAIR.names), ((PAIR.title, -0.5, None),))


def origin():
    return RegionOrigin(**about_table(PAIR, [("+cmd", "0" * 64)], date(2026, 1, 2)), region="disk:1,1,1", ring=5.0)


@given(st.text())
def test_a_plain_word_is_one_line_that_utf8_and_xml_take(text):
    found = plain_words(text)
    assert found.isprintable() or found == text
    assert len(found.splitlines()) <= 1
    minidom.parseString(f"<a>{found.replace('&', '').replace('<', '')}</a>".encode())


def test_titles_are_cleaned_where_pairs_are_made():
    assert PAIR.title == "=1+1 7 [31m ,@SUM(A1) ;-2+3"
    assert PAIR.names == ("=MRI", "PET")
    assert replace(PAIR, title="\x07").title == "unnamed"


def test_titles_of_files_are_cleaned_where_they_are_read(tmp_path):
    for folder in ("mri", "pet"):
        (tmp_path / folder).mkdir()
        Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4)).save(tmp_path / folder / "a\n=1\x1b.png")
    assert [each.title for each in read_collection(tmp_path)] == ["a =1"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_of_a_csv_begins_as_a_formula(separator):
    content = table_csv(TABLE, origin()).decode()
    rows = list(csv.reader(io.StringIO(content), delimiter=separator))
    cells = [cell for row in rows for cell in row]
    assert len(rows) == 4
    assert [cell for cell in cells if cell.startswith(FORMULA) and not _is_number(cell)] == []
    # … and what a program reads is what it was.
    about = json.loads(content.splitlines()[1].removeprefix("# "))
    assert about["pair"] == PAIR.title


def _is_number(cell):
    try:
        return bool(float(cell.rstrip("]}")) or True)
    except ValueError:
        return False


def test_svg_is_well_formed_whatever_a_pair_is_called():
    with page_canvas.house_style():
        picture = page_canvas.saved(tables.table_figure(TABLE, origin()), "svg", 100, origin())
    minidom.parseString(picture)


def test_no_sentence_shows_what_stands_above_the_folder_that_was_given(tmp_path):
    folder = tmp_path / "ward" / "cases"
    for name, content in (("mri", None), ("pet", b"\x89PNG cut")):
        (folder / name).mkdir(parents=True)
        Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4)).save(folder / name / "1.png")
        if content:
            (folder / name / "1.png").write_bytes(content)
    Image.fromarray(np.zeros((3, 4), np.uint8)).save(folder / "mri" / "alone.png")
    catalogue = Catalogue(0, (folder,))
    with pytest.raises(InputError, match=r"^cases/pet/1.png is ") as caught:
        catalogue.pair("cases/1")
    assert str(tmp_path) not in str(caught.value)
    assert [str(tmp_path) in each for each in catalogue.remarks] == [False]


def test_no_sentence_shows_where_weights_lie(tmp_path):
    jobs = JobQueue()
    problems = NetworkPool(tmp_path / "weights", jobs).problems()
    jobs.close()
    assert "MaskNet" in problems
    assert not any(str(tmp_path) in each for each in problems.values())

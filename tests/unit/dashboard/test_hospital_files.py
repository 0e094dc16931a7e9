"""What the page exports for a hospital: pictures as drawn, values at their place, no name by chance."""

import gzip
import io
import logging
from dataclasses import replace

import highdicom
import nibabel
import numpy as np
import pytest
from PIL import Image

from dashboard.report.export_request import file_name, parse_export
from dashboard.report.provenance import NOTICE
from dashboard.report.render import rendered
from fusion import InputError
from fusion.data.outgoing.reference_slice import reference_slice
from tests.support.outgoing_slices import NAMES, PLACES, SEEDS, corners, dicom_slice, placed, read
from tests.support.report_helpers import DAY, PIXEL, views
from tests.unit.dashboard.test_export_routes import VIEW, finished, refused

SHAPE = (48, 72)
"""Of the pair that is exported."""


def request_of(kind, panel="c", **words):
    return parse_export("panel", kind, {"panel": panel, **{name: str(value) for name, value in words.items()}})


def made(service, kind, panel="c", source=None, **words):
    export_request = request_of(kind, panel, **words)
    return rendered(export_request, views(service, export_request), DAY, source=source)


@pytest.fixture
def source(tmp_path):
    (tmp_path / "slice.dcm").write_bytes(dicom_slice(shape=SHAPE))
    return reference_slice(tmp_path / "slice.dcm")


@pytest.mark.parametrize("panel", ["a", "c", "e", "g", "l", "n", "p"])
def test_a_panels_values_come_back_bit_for_bit_at_their_place(service, panel):
    source = placed(PLACES["rows run backwards"], SHAPE)
    export_request = request_of("map", panel)
    (view,) = views(service, export_request)
    values = view.values(export_request.panel.image, view.columns[0])
    volume = highdicom.imread(io.BytesIO(made(service, "map", panel, source))).get_volume(dtype=np.float32)
    assert np.array_equal(volume.array[0], values)
    for (row, col), where in corners(PLACES["rows run backwards"], SHAPE).items():
        assert volume.map_indices_to_reference(np.array([[0, row, col]]))[0] == pytest.approx(where, abs=1e-6)
    image = nibabel.Nifti1Image.from_bytes(gzip.decompress(made(service, "nifti", panel, source)))
    assert np.array_equal(np.asanyarray(image.dataobj)[..., 0].T, values)


@pytest.mark.parametrize("pixel", [PIXEL, (0, 0), (47, 71)])
def test_a_zoom_lies_where_its_pixels_lie_in_the_slice(service, pixel):
    matrix = PLACES["oblique"]
    export_request = request_of("map", "d", window=11)
    (view,) = views(service, export_request, pixels=(pixel,))
    content = rendered(export_request, [view], DAY, source=placed(matrix, SHAPE))
    volume = highdicom.imread(io.BytesIO(content)).get_volume(dtype=np.float32)
    area = view.area
    assert np.array_equal(volume.array[0], view.values("guidance1", view.columns[0])[area.slices])
    first = volume.map_indices_to_reference(np.array([[0, 0, 0]]))[0]
    assert first == pytest.approx((matrix @ [0, area.top, area.left, 1])[:3], abs=1e-6)


def test_a_capture_is_the_figure_that_a_png_would_be_but_for_the_pairs_name(service):
    dataset = read(made(service, "capture", dpi=100))
    png = np.asarray(Image.open(io.BytesIO(made(service, "png", dpi=100))).convert("RGB"))
    assert dataset.pixel_array.shape == png.shape
    high = png.shape[0] * 3 // 4  # the origin stands in the lower part
    assert np.array_equal(dataset.pixel_array[:high], png[:high])
    assert not np.array_equal(dataset.pixel_array, png)
    assert NOTICE in dataset.ImageComments
    assert "DeepFuse" in dataset.SeriesDescription


@pytest.mark.parametrize("what", ["explore", "compare"])
def test_a_whole_screen_can_be_captured(service, what):
    export_request = parse_export(what, "capture", {"dpi": "72"})
    networks = ("DeepFuse", "Weighted Averaging") if what == "compare" else ("DeepFuse",)
    dataset = read(rendered(export_request, views(service, export_request, networks), DAY))
    assert len(dataset.pixel_array.shape) == 3
    assert networks[-1] in dataset.DerivationDescription


@pytest.mark.parametrize("kind", ["capture", "map", "nifti"])
def test_nothing_names_the_patient_the_files_or_the_folders(service, source, kind):
    export_request = request_of(kind)
    (view,) = views(service, export_request)
    pair = replace(view.pair, title="Zyxwvut PID-7731-ZQ", names=("Zyxwvut", "PET"), remarks=("Zyxwvut: odd.",))
    content = rendered(export_request, [replace(view, pair=pair)], DAY, source=source)
    text = gzip.decompress(content) if kind == "nifti" else content + str(read(content)).encode()
    assert [each for each in (*SEEDS, "Zyxwvut") if each.encode() in text and "1.2.826" not in each] == []
    assert "Zyxwvut" not in file_name(export_request, pair)
    assert file_name(export_request, pair).endswith("nii.gz" if kind == "nifti" else ".dcm")


@pytest.mark.parametrize("kind", ["capture", "map"])
def test_names_are_kept_where_they_are_asked_for(service, source, kind):
    dataset = read(made(service, kind, source=source, identifiers=1))
    assert {keyword: str(dataset[keyword].value) for keyword in NAMES} == NAMES
    with pytest.raises(InputError, match="no names to keep"):
        made(service, "capture", identifiers=1)


def test_what_no_format_can_hold_is_refused_with_a_way_out(client):
    assert "Secondary Capture or NIfTI" in refused(client, "/export/panel.map", panel="e")
    assert "such as panel c, n or g" in _sentence(client, "/export/panel.map", panel="i")
    assert "such as panel c, n or g" in _sentence(client, "/export/panel.nifti", panel="k")
    assert "no names to keep" in refused(client, "/export/panel.capture", panel="e", identifiers="1")
    assert "identifiers" in refused(client, "/export/panel.capture", panel="e", identifiers="yes")
    assert "choose one of" in refused(client, "/export/explore.map")


def _sentence(client, address, **words):
    """What the answer says once guidance is computed."""
    response = finished(client, address, **words)
    assert response.status_code == 400
    return response.get_json()["error"]


def test_the_page_gets_a_file_with_a_caution_and_the_log_names_nobody(client, caplog):
    with caplog.at_level(logging.INFO):
        capture = finished(client, "/export/panel.capture", panel="e", dpi="72")
        nifti = finished(client, "/export/panel.nifti", panel="e")
    assert (capture.mimetype, nifti.mimetype) == ("application/dicom", "application/gzip")
    assert capture.headers["Content-Disposition"].endswith('-panel-e.dcm"')
    assert nifti.headers["Content-Disposition"].endswith('-panel-e.nii.gz"')
    assert capture.headers["Export-Note"] == ""
    assert "no place in a patient and no spacing" in nifti.headers["Export-Note"]
    said = [each.getMessage() for each in caplog.records if "hospital" in each.getMessage()]
    assert said == [
        "A file for a hospital was exported: capture, without names of the patient.",
        "A file for a hospital was exported: nifti, without names of the patient.",
    ]
    for response in (capture, nifti):
        assert VIEW["pair"].partition("/")[2] not in response.headers["Content-Disposition"]


def test_the_menu_says_what_to_look_at_before_a_file_leaves():
    from dashboard.report.export_menu import caution

    shown = {kind: caution(kind, True) for kind in ("png", "nifti", "capture", "map")}
    assert [display for display, *_ in shown.values()] == ["none", "none", "block", "block"]
    assert shown["png"][1] == ""
    assert "look at the picture before it leaves" in shown["nifti"][1]
    assert "holds names" in shown["capture"][1]
    assert "export-warning" in shown["capture"][2]
    assert "names no patient" in caution("map", False)[1]
    assert "export-warning" not in caution("map", False)[2]

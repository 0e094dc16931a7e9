"""``/export/…``: files for the page, 202 while guidance is still computed, a sentence for what cannot be."""

import io
import json

import numpy as np
import pytest
from flask import Flask

import saliency
from dashboard.option_values import FORMATS
from dashboard.pages.explore import routes
from dashboard.report import export_routes
from dashboard.report.export_request import TABLES, network_names, parse_export
from dashboard.report.provenance import NOTICE
from dashboard.service.saliency_service import SaliencyService
from dashboard.settings import Settings
from fusion import InputError
from tests.support.waiting import until

VIEW = {"pair": "cases/wide", "network": "DeepFuse", "row": "20", "col": "31"}


def finished(client, address, **words):
    """The answer once guidance is computed."""

    def answered():
        response = client.get(address, query_string={**VIEW, **words})
        return response if response.status_code != 202 else None

    return until(answered)


def refused(client, address, **words):
    response = client.get(address, query_string={**VIEW, **words})
    assert response.status_code == 400, response.status_code
    sentence = response.get_json()["error"]
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "mimetype", "start", "name"),
    [
        ("/export/panel.png", "image/png", b"\x89PNG", "fusevis-cases-wide-panel-e.png"),
        ("/export/explore.svg", "image/svg+xml", b"<?xml", "fusevis-cases-wide-explore.svg"),
        ("/export/report.pdf", "application/pdf", b"%PDF", "fusevis-cases-wide-report.pdf"),
        ("/export/compare.csv", "text/csv", b"# cases / wide", "fusevis-cases-wide-compare.csv"),
        ("/export/figure-7.pdf", "application/pdf", b"%PDF", "fusevis-cases-wide-figure-7.pdf"),
    ],
)
def test_a_file_comes_as_a_download(client, address, mimetype, start, name):
    response = finished(client, address, panel="e", networks="DeepFuse,Weighted Averaging")
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.mimetype == mimetype
    assert response.get_data().startswith(start)
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_file_is_of_the_view_that_was_asked_for(client, world):
    content = finished(client, "/export/panel.npz", panel="p", gamma1="0.7", window="11").get_data()
    with np.load(io.BytesIO(content)) as opened:
        found = dict(opened)
    J = saliency.jacobian(world.networks["DeepFuse"], world.pairs["cases/wide"], (20, 31))
    assert np.allclose(found["jacobian2"], J.second, rtol=0, atol=1e-5 * np.abs(J.second).max())
    facts = json.loads(str(found["provenance"]))
    assert (facts["gamma1"], facts["window"], facts["pixels"]) == (0.7, 11, [[20, 31]])


@pytest.mark.slow
def test_while_guidance_sharpens_it_says_how_far_and_goes_on(tmp_path, pair_folder, random_checkpoints):
    settings = Settings(
        pairs=(pair_folder,), checkpoints=random_checkpoints, cache=tmp_path, phantoms=1, nightscenes=0
    )
    server = Flask("fresh")
    service = SaliencyService(settings, server)
    routes.register(server, service)
    export_routes.register(server, service)
    client = server.test_client()
    first = client.get("/export/explore.png", query_string=VIEW)
    assert first.status_code == 202
    answer = first.get_json()
    assert answer["error"].startswith("Guidance of DeepFuse is still being computed")
    assert answer["done"] < max(answer["total"], 1)
    # What needs no guidance does not wait for it.
    assert client.get("/export/panel.png", query_string={**VIEW, "panel": "e"}).status_code == 200
    assert finished(client, "/export/explore.png", dpi="72").status_code == 200
    service.jobs.close()


@pytest.mark.parametrize(
    ("address", "words", "piece"),
    [
        ("/export/poster.pdf", {}, "'poster' cannot be used for what is exported"),
        ("/export/report.png", {}, "choose one of: pdf"),
        ("/export/figure-4.csv", {}, "choose one of: png, svg, pdf"),
        ("/export/explore.exe", {}, "'exe'"),
        ("/export/panel.png", {"panel": "z"}, "'z' cannot be used for panel"),
        ("/export/panel.png", {}, "panel"),
        ("/export/explore.png", {"dpi": "71"}, "from 72 to 1200; 71"),
        ("/export/explore.png", {"dpi": "1201"}, "1201"),
        ("/export/explore.png", {"dpi": "-300"}, "whole number"),
        ("/export/explore.png", {"dpi": "³"}, "whole number"),
        ("/export/explore.png", {"dpi": "9" * 5000}, "2000 characters"),
        ("/export/explore.png", {"gamma1": "nan"}, "gamma1 is a number from 0.1 to 2"),
        ("/export/explore.png", {"gamma2": "2.1"}, "gamma2"),
        ("/export/explore.png", {"window": "30"}, "window"),
        ("/export/explore.png", {"display": "loud"}, "'loud'"),
        ("/export/explore.png", {"colormap": "jet"}, "'jet'"),
        ("/export/explore.png", {"color": "yes"}, "'yes'"),
        ("/export/explore.png", {"row": "48"}, "lies outside the image"),
        ("/export/explore.png", {"col": "1e1"}, "col has to be a whole number"),
        ("/export/figure-7.png", {"row2": "3"}, "col2 has to be a whole number"),
        ("/export/explore.png", {"pair": "nobody"}, "no pair called 'nobody'"),
        ("/export/explore.png", {"network": "Nothing"}, "no fusion method called 'Nothing'"),
        ("/export/explore.png", {"network": ""}, "at least one network"),
        ("/export/compare.png", {"networks": "DeepFuse,DeepFuse"}, "named twice"),
        ("/export/compare.png", {"networks": ",".join("ABCDEFGH")}, "at most 7 networks, not 8"),
        ("/export/compare.png", {"networks": "A,B"}, "None of these networks can be used"),
    ],
)
def test_what_cannot_be_exported_is_told_in_a_sentence(client, address, words, piece):
    assert piece in refused(client, address, **words)


def test_a_name_is_safe_whatever_the_pair_is_called():
    from dashboard.report.export_request import file_name
    from fusion import ImagePair

    ones = np.ones((2, 2), dtype=np.float32)
    export_request = parse_export("panel", "svg", {"panel": "a"})
    for title in ('../../etc/"x"\r\nSet-Cookie: a=b', "Ünïcödé 脳", "", "a" * 500):
        name = file_name(export_request, ImagePair(ones, ones, title))
        assert name.isascii()
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.")
        assert name.startswith("fusevis-")
        assert name.endswith(".svg")
        assert len(name) <= 85


def test_a_pixel_is_not_needed():
    assert parse_export("explore", "pdf", {}).look.gamma2 == 0.5
    with pytest.raises(InputError, match="at least one network"):
        network_names(" , ")


def test_the_menu_offers_what_can_be_exported():
    from dashboard.report.export_menu import _choices, formats

    values = [item["value"] for group in _choices() for item in group["items"]]
    assert {value.partition("-")[0] if value.startswith("panel") else value for value in values} == {
        *FORMATS,
        *TABLES,
    }
    for value in values:
        choices, chosen = formats(value, "svg")
        offered = [choice["value"] for choice in choices]
        assert chosen == ("svg" if "svg" in offered else offered[0])


def test_a_reader_is_told_what_it_is_for(client):
    assert NOTICE.encode() in finished(client, "/export/explore.svg").get_data()

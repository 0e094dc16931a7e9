"""Values along the slices at a pixel: those that Explore shows of each slice, and none where there is none."""

from dataclasses import replace

import pytest
from flask import Flask

from dashboard.service import slice_values
from dashboard.service.saliency_service import SaliencyService
from dashboard.service.slice_values import SliceValues
from dashboard.views.pair_words import raw_values
from fusion import InputError
from tests.support.volumes import volume, write_nifti
from tests.support.waiting import until

NETWORK, PIXEL = "DeepFuse", (11, 7)
MRI = volume(1, shape=(5, 24, 20), spacing=(3.0, 1.0, 1.0))
PET = volume(2, "PET", shape=(3, 13, 9), spacing=(3.0, 2.0, 2.0))
NAME = "study/P1 · axial/{}".format


@pytest.fixture
def service(settings, tmp_path):
    write_nifti(MRI, tmp_path / "study" / "mri" / "P1.nii.gz")
    write_nifti(PET, tmp_path / "study" / "pet" / "P1.nii.gz")
    found = SaliencyService(
        replace(settings, pairs=(tmp_path / "study",), same_space=True, cache=tmp_path / "cache"), Flask("values")
    )
    found.network_pool.get(NETWORK)  # measured before a busy machine refuses to wait for it
    yield found
    found.jobs.close()


def complete(values, pixel=PIXEL, pair="study/P1 · axial/3"):
    return until(lambda: (found := values.ask(pair, NETWORK, pixel, "page"))["done"] == 5 and found)


def test_every_value_is_that_of_the_slice_by_itself(service):
    values = SliceValues(service)
    for pixel in (PIXEL, (0, 0), (23, 19)):
        found = complete(values, pixel)
        assert (found["present"], found["failed"], found["slices"]) == (2, 2, ["1", "2", "3", "4", "5"])
        assert found["units"] == (MRI.unit, PET.unit)
        for place in (1, 2, 3):
            fused_pair = service.open_pair(NAME(place + 1), NETWORK)
            expected = raw_values(fused_pair.pair, pixel)
            assert found["values"][0][place] == expected["raw1"]
            assert found["values"][1][place] == expected["raw2"]
            assert found["values"][2][place] == float(fused_pair.fused[pixel])
        assert [row[0] for row in found["values"]] == [None] * 3, "what cannot be read has no value"


def test_each_slice_is_fused_once_whatever_is_pointed_at(service, monkeypatch):
    values, opened = SliceValues(service), []
    open_aside = service.open_aside
    monkeypatch.setattr(
        service, "open_aside", lambda id_, pair, name: (opened.append(pair.title), open_aside(id_, pair, name))[1]
    )
    complete(values)
    complete(values, (3, 4), NAME(2))
    assert [title[-1] for title in opened] == ["3", "2", "4"]


def test_what_cannot_be_along_slices_is_refused(service, monkeypatch):
    values = SliceValues(service)
    with pytest.raises(InputError, match="one picture"):
        values.ask("phantom-1", NETWORK, PIXEL, "page")
    with pytest.raises(InputError, match="outside"):
        values.ask(NAME(3), NETWORK, (40, 7), "page")
    monkeypatch.setattr(slice_values, "MOST_BYTES", 100)
    with pytest.raises(InputError, match="one by one"):
        values.ask(NAME(3), NETWORK, PIXEL, "page")


@pytest.mark.slow
def test_nothing_is_held_once_nobody_looks(service):
    values = SliceValues(service)
    complete(values)
    service.leave("page")
    assert service.jobs.look(slice_values.VALUES, (NAME(1), NETWORK)).value is not None
    service.rest()
    assert service.jobs.look(slice_values.VALUES, (NAME(1), NETWORK)).value is None

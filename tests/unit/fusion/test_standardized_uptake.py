"""SUV by body weight: every branch of the QIBA rule against factors computed by hand, and what stays Bq/ml."""

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from fusion.data.volumes.found_volumes import find_volumes
from fusion.data.volumes.standardized_uptake import uptake
from tests.support.dicom_files import STORED, series

WORDS = {
    "Units": "BQML",
    "DecayCorrection": "START",
    "CorrectedImage": "DECY\\ATTN\\SCAT",
    "PatientWeight": "70",
    "SeriesDate": "20260102",
    "SeriesTime": "100000",
    "AcquisitionDate": "20260102",
    "AcquisitionTime": "100001.50",
    "RadionuclideTotalDose": "370000000",
    "RadionuclideHalfLife": "6586.2",
    "RadiopharmaceuticalStartTime": "090000.00",
    "Injections": "1",
}
HOUR = 2 ** (3600 / 6586.2)  # what an hour takes off


def factor(**changed):
    found = uptake([{**WORDS, **changed}])
    assert found.unit == "SUV", found.remarks
    return found.factor


def test_an_hour_before_the_series():
    assert factor() == pytest.approx(70_000 / 370e6 * HOUR, rel=1e-12)
    assert uptake([WORDS]).remarks == ("SUV by body weight; the dose is decayed to the series' time.",)


def test_series_processed_again_are_decayed_to_the_first_acquisition():
    slices = [
        {**WORDS, "SeriesTime": "180000", "AcquisitionTime": each} for each in ("103000", "100000", "110000.25")
    ]
    found = uptake(slices)
    assert found.factor == pytest.approx(70_000 / 370e6 * HOUR, rel=1e-12)
    assert "first acquisition's time, as the series' time is after acquisition" in found.remarks[0]


def test_gehc_scan_time_goes_before_acquisition():
    changed = {"SeriesTime": "180000", "ScanDateTime": "20260102095000.00"}
    assert factor(**changed) == pytest.approx(70_000 / 370e6 * 2 ** (3000 / 6586.2), rel=1e-12)


def test_injection_with_its_own_day_or_before_midnight():
    assert factor(RadiopharmaceuticalStartDateTime="20260102080000.00+0100") == pytest.approx(
        70_000 / 370e6 * HOUR**2, rel=1e-12
    )
    late = factor(RadiopharmaceuticalStartTime="233000", SeriesTime="003000", AcquisitionTime="003000")
    assert late == pytest.approx(70_000 / 370e6 * HOUR, rel=1e-12)


def test_decay_corrected_to_the_injection_leaves_the_dose():
    assert factor(DecayCorrection="ADMIN") == pytest.approx(70_000 / 370e6, rel=1e-12)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"CorrectedImage": "DECY"}, "attenuation or decay was not corrected"),
        ({"PatientWeight": ""}, "weight is missing"),
        ({"PatientWeight": "70000"}, "weight is missing"),
        ({"RadionuclideTotalDose": "370"}, "dose is missing or not in Bq"),
        ({"RadionuclideHalfLife": "nan"}, "half-life is missing"),
        ({"DecayCorrection": "NONE"}, "which time its decay is corrected to"),
        ({"AcquisitionTime": "25"}, "time of acquisition is missing"),
        ({"RadiopharmaceuticalStartTime": ""}, "time of injection is missing"),
        ({"RadiopharmaceuticalStartDateTime": "20260103080000"}, "do not belong together"),
        ({"RadiopharmaceuticalStartDateTime": "20251225080000"}, "do not belong together"),
        ({"Injections": "2"}, "several injections"),
    ],
)
def test_what_is_missing_leaves_activity_and_says_why(changed, reason):
    found = uptake([{**WORDS, **changed}])
    assert (found.unit, found.factor) == ("Bq/ml", 1)
    assert reason in found.remarks[-1]


def test_slices_that_differ_in_the_dose_leave_activity():
    found = uptake([WORDS, {**WORDS, "RadionuclideTotalDose": "371000000"}])
    assert found.unit == "Bq/ml"
    assert "differ in RadionuclideTotalDose" in found.remarks[-1]


def test_units_other_than_activity():
    assert uptake([{"Units": "GML"}]).unit == "SUV"
    assert uptake([{"Units": "GML", "SUVType": "LBM"}]).unit == "g/ml"
    assert uptake([{"Units": "CNTS"}]).unit == "counts"
    assert uptake([{"Units": "PROPCPS"}]).unit == "PROPCPS"
    assert uptake([{}]).unit == "grey level"


def test_factors_of_philips_are_used_where_they_are_documented():
    found = uptake([{**WORDS, "Units": "CNTS", "SUVFactor": "0.0005", "ActivityFactor": "2"}])
    assert (found.unit, found.factor) == ("SUV", 0.0005)
    assert "7053,1000" in found.remarks[0]
    found = uptake([{**WORDS, "Units": "CNTS", "SUVFactor": "0", "ActivityFactor": "2"}])
    assert found.factor == pytest.approx(2 * 70_000 / 370e6 * HOUR, rel=1e-12)


def pet_files(folder, philips=False):
    files = series(
        folder,
        STORED.astype(np.int16),
        "PT",
        Units="CNTS" if philips else "BQML",
        DecayCorrection="START",
        CorrectedImage=["DECY", "ATTN"],
        PatientWeight=70,
        SeriesDate="20260102",
        SeriesTime="100000",
        AcquisitionDate="20260102",
        AcquisitionTime="100001",
        RescaleSlope=[0.5, 1, 2, 3, 4],
        RescaleIntercept=0,
    )
    for file in files:
        content = pydicom.dcmread(file)
        injection = Dataset()
        injection.RadionuclideTotalDose, injection.RadionuclideHalfLife = 370e6, 6586.2
        injection.RadiopharmaceuticalStartTime = "090000"
        content.RadiopharmaceuticalInformationSequence = Sequence([injection])
        if philips:
            block = content.private_block(0x7053, "Philips PET Private Group", create=True)
            block.add_new(0x00, "DS", "0.0005")
        content.save_as(file)
    return files


@pytest.mark.parametrize("philips", [False, True])
def test_voxels_of_files_are_suv(tmp_path, reader, philips):
    (found,) = find_volumes(pet_files(tmp_path / "pet", philips), reader)
    assert (found.unit, found.modality) == ("SUV", "PET")
    by = 0.0005 if philips else 70_000 / 370e6 * HOUR
    expected = STORED * np.array([0.5, 1, 2, 3, 4])[:, None, None] * by
    np.testing.assert_allclose(found.read().voxels, expected, rtol=1e-6)

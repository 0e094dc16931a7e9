"""In which unit are the values of a PET series? SUV by body weight where they can be told.

References
----------
QIBA FDG-PET/CT profile, "SUV vendor-neutral pseudo-code", happy path: standardized uptake values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fusion.data.volumes.element_text import element_text

UPTAKE_TAGS = (
    "Units",
    "SUVType",
    "DecayCorrection",
    "CorrectedImage",
    "PatientWeight",
    "SeriesDate",
    "SeriesTime",
    "AcquisitionDate",
    "AcquisitionTime",
    "RadiopharmaceuticalInformationSequence",
)
PRIVATE_TAGS = (0x00090010, 0x0009100D, 0x70530010, 0x70531000, 0x70531009)
"""GE's scan time and Philips' factors, each after the name of who owns its block."""
_INJECTION = (
    "RadionuclideTotalDose",
    "RadionuclideHalfLife",
    "RadiopharmaceuticalStartTime",
    "RadiopharmaceuticalStartDateTime",
)
_OF_A_SERIES = ("Units", "SUVType", "DecayCorrection", "CorrectedImage", "PatientWeight", *_INJECTION, "SUVFactor")
_LEAST_DOSE, _MOST_WEIGHT, _MOST_HALF_LIVES = (
    1e5,
    700.0,
    10.0,
)  # Bq, kg: beyond lie other units and shifted dates


@dataclass(frozen=True)
class Uptake:
    """The unit of a PET series, what its values are multiplied by to have it, and what to say of that."""

    unit: str
    factor: float = 1.0
    remarks: tuple[str, ...] = ()


class _MissingError(Exception):
    """Why there is no SUV, as the part of a sentence after "as"."""


def uptake_words(dataset: Any) -> dict[str, str]:  # noqa: ANN401  (elements of any kind)
    """Tell what a PET file says that SUV are made of, by DICOM's keywords; what it does not say is left out."""
    found = {word: element_text(dataset.get(word)) for word in UPTAKE_TAGS[:-1]}
    injections = dataset.get(UPTAKE_TAGS[-1]) or [{}]
    found |= {word: element_text(injections[0].get(word)) for word in _INJECTION}
    found["Injections"] = str(len(injections))
    if element_text(dataset.get((0x0009, 0x0010))) == "GEMS_PETD_01":
        found["ScanDateTime"] = element_text(dataset.get((0x0009, 0x100D)))
    if element_text(dataset.get((0x7053, 0x0010))) == "Philips PET Private Group":
        found["SUVFactor"] = element_text(dataset.get((0x7053, 0x1000)))
        found["ActivityFactor"] = element_text(dataset.get((0x7053, 0x1009)))
    return {word: text for word, text in found.items() if text}


def uptake(slices: Sequence[Mapping[str, str]]) -> Uptake:
    """Tell the unit of a PET series from what each of its slices says (`uptake_words`).

    Activity becomes SUV by the QIBA rule; where a part of it is missing it stays Bq/ml, with the reason.

    Examples
    --------
    >>> uptake([{"Units": "GML"}])
    Uptake(unit='SUV', factor=1.0, remarks=())
    >>> uptake([{"Units": "BQML"}]).remarks
    ('Values are Bq/ml, no SUV, as attenuation or decay was not corrected.',)
    """
    words = slices[0]
    units = words.get("Units", "")
    kind = words.get("SUVType", "") or "BW"
    if units == "GML" and kind == "BW":
        return Uptake("SUV")
    if units == "GML":
        return Uptake("g/ml", remarks=(f"Values are SUV by another rule ({kind}) than body weight.",))
    if units == "CNTS":
        return _counts(slices)
    if units == "BQML":
        return _activity(slices, 1.0, ())
    if not units:
        return Uptake("grey level", remarks=("The file names no unit.",))
    return Uptake(units)


def _counts(slices: Sequence[Mapping[str, str]]) -> Uptake:
    """What counts become by the factors that Philips documents in its private tags."""
    factor = _number(slices[0], "SUVFactor")
    same = _differing(slices) is None
    if factor and same:
        return Uptake("SUV", factor, ("Counts were made SUV by Philips' own factor (private tag 7053,1000).",))
    factor = _number(slices[0], "ActivityFactor")
    if factor and same:
        told = "Counts were made Bq/ml by Philips' own factor (private tag 7053,1009)."
        return _activity(slices, factor, (told,))
    return Uptake("counts", remarks=("Values are counts, as the file holds no factor to Bq/ml or SUV.",))


def _activity(slices: Sequence[Mapping[str, str]], factor: float, remarks: tuple[str, ...]) -> Uptake:
    try:
        weight_by_dose, told = _body_weight_factor(slices)
    except _MissingError as missing:
        return Uptake("Bq/ml", factor, (*remarks, f"Values are Bq/ml, no SUV, as {missing}."))
    return Uptake("SUV", factor * weight_by_dose, (*remarks, told))


def _body_weight_factor(slices: Sequence[Mapping[str, str]]) -> tuple[float, str]:
    """What Bq/ml are multiplied by, in ml/Bq, and which time the dose is decayed to."""
    words = slices[0]
    if not {"ATTN", "DECY"} <= set(words.get("CorrectedImage", "").split("\\")):
        raise _MissingError("attenuation or decay was not corrected")
    if (keyword := _differing(slices)) is not None:
        raise _MissingError(f"its slices differ in {keyword}")
    if words.get("Injections", "1") != "1":
        raise _MissingError("there were several injections")
    weight, dose = _number(words, "PatientWeight"), _number(words, "RadionuclideTotalDose")
    if weight is None or weight > _MOST_WEIGHT:
        raise _MissingError("the patient's weight is missing")
    if dose is None or dose < _LEAST_DOSE:
        raise _MissingError("the injected dose is missing or not in Bq")
    decay = words.get("DecayCorrection")
    if decay == "ADMIN":
        return 1000 * weight / dose, "SUV by body weight; the file's decay is corrected to the injection."
    if decay != "START":
        raise _MissingError("the file does not say which time its decay is corrected to")
    half_life = _number(words, "RadionuclideHalfLife")
    if half_life is None:
        raise _MissingError("the half-life is missing")
    scan, name = _scan_time(slices)
    seconds = (scan - _injection_time(words, scan)).total_seconds()
    if not 0 <= seconds <= _MOST_HALF_LIVES * half_life:
        raise _MissingError("the times of injection and scan do not belong together")
    told = f"SUV by body weight; the dose is decayed to {name}."
    return 1000 * weight / (dose * 2 ** (-seconds / half_life)), told


def _scan_time(slices: Sequence[Mapping[str, str]]) -> tuple[datetime, str]:
    """What the decay is corrected to: the series' time, unless that was written when it was processed again."""
    acquired = [_moment(each.get("AcquisitionDate"), each.get("AcquisitionTime")) for each in slices]
    known = [each for each in acquired if each is not None]
    if not known:
        raise _MissingError("the time of acquisition is missing")
    series = _moment(slices[0].get("SeriesDate"), slices[0].get("SeriesTime"))
    if series is not None and series <= min(known):
        return series, "the series' time"
    scan = _moment_of(slices[0].get("ScanDateTime", ""))
    if scan is not None:
        return scan, "GE's own scan time (private tag 0009,100d), as the series' time is after acquisition"
    why = "no series' time is given" if series is None else "the series' time is after acquisition"
    return min(known), f"the first acquisition's time, as {why}"


def _injection_time(words: Mapping[str, str], scan: datetime) -> datetime:
    """When the dose was given; a time without a day was on the scan's, or the evening before."""
    moment = _moment_of(words.get("RadiopharmaceuticalStartDateTime", ""))
    if moment is not None:
        return moment
    moment = _moment(scan.strftime("%Y%m%d"), words.get("RadiopharmaceuticalStartTime"))
    if moment is None:
        raise _MissingError("the time of injection is missing")
    return moment if moment <= scan else moment - timedelta(days=1)


def _differing(slices: Sequence[Mapping[str, str]]) -> str | None:
    """What all slices of a series should share and these do not."""
    return next((word for word in _OF_A_SERIES if len({each.get(word) for each in slices}) > 1), None)


def _moment_of(text: str) -> datetime | None:
    """DICOM's date and time in one; an offset from UTC is that of the other times too, and left out."""
    return _moment(text[:8], text[8:].split("+")[0].split("-")[0])


def _moment(date: str | None, time: str | None) -> datetime | None:
    """A DICOM date (YYYYMMDD) and time (HHMMSS.F); None where either is missing or none."""
    digits = (time or "").replace(":", "")
    whole, _, part = digits.partition(".")
    try:
        day = datetime.strptime((date or "").replace(".", ""), "%Y%m%d")
        whole = whole.ljust(6, "0")
        hours, minutes, seconds = int(whole[:2]), int(whole[2:4]), int(whole[4:6])
        if not digits or len(whole) != 6 or hours > 23 or minutes > 59 or seconds > 60:
            return None
        return day + timedelta(hours=hours, minutes=minutes, seconds=seconds + float(f"0.{part or 0}"))
    except ValueError:
        return None


def _number(words: Mapping[str, str], keyword: str) -> float | None:
    try:
        number = float(words.get(keyword, ""))
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None

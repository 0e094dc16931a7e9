"""From an export request and its view to a file that a hospital takes: DICOM or NIfTI, no patient named in it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dashboard.option_values import HOSPITAL
from dashboard.report.export_request import ExportRequest
from dashboard.report.provenance import Provenance, provenance
from dashboard.report.view import GUIDANCE, JACOBIAN, ReportView, name_of
from fusion import ImagePair, InputError
from fusion.data.outgoing import quantity
from fusion.data.outgoing.origin import BURNT_IN, ResultOrigin
from fusion.data.outgoing.quantity import Quantity
from fusion.data.outgoing.source_slice import SourceSlice, check_identifiers, pixel_spacing, place_note
from fusion.data.outgoing.unnamed import unnamed
from saliency.geometry.window import whole

QUANTITIES: dict[str, Quantity] = {
    **dict.fromkeys(("first", "second"), quantity.INPUT),
    "fused": quantity.FUSED,
    **dict.fromkeys(GUIDANCE, quantity.GUIDANCE),
    **dict.fromkeys(JACOBIAN, quantity.JACOBIAN),
}
"""What the values of each image are; an image that is made of several has none."""
_SCREENS = {"explore": "Explore screen", "compare": "Networks side by side"}
KEPT = "The file holds names and numbers of the patient and the study."
NOBODY = "The file names no patient and is a study of its own."


def unnamed_view(view: ReportView) -> ReportView:
    """The same view of a pair that is called by its content."""
    return replace(view, pair=unnamed(view.pair))


def hospital_source(export_request: ExportRequest, pair: ImagePair) -> SourceSlice | None:
    """Where the slice of a pair lies and whose it is; looked at only for what a hospital takes."""
    if export_request.kind not in HOSPITAL:
        return None
    from fusion.data.outgoing.pair_source import pair_source  # loads the readers of DICOM

    return pair_source(pair)


def hospital_place(export_request: ExportRequest, view: ReportView, source: SourceSlice | None) -> str:
    """What a person should know of the place of the values in a file; empty where there is nothing to say."""
    return place_note(source, pixel_spacing(view.pair)) if export_request.kind == "nifti" else ""


def hospital_caution(kind: str, *, keeps_identifiers: bool) -> str:
    """What a person should know before a file of that format leaves; empty where it is not for a hospital."""
    if kind not in HOSPITAL:
        return ""
    names = () if kind == "nifti" else (KEPT if keeps_identifiers else NOBODY,)
    return " ".join((*names, BURNT_IN))


def capture_file(
    png: bytes, export_request: ExportRequest, view: ReportView, day: date, source: SourceSlice | None
) -> bytes:
    """A figure of ``view``, which is drawn already and has its origin below it, as a Secondary Capture."""
    from fusion.data.outgoing.secondary_capture import secondary_capture

    if export_request.keeps_identifiers:
        check_identifiers(source)
    picture = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    origin = _origin(export_request, view, provenance([view], day))
    return secondary_capture(picture, origin, source, identifiers=export_request.keeps_identifiers)


def values_file(export_request: ExportRequest, view: ReportView, day: date, source: SourceSlice | None) -> bytes:
    """The values of one panel as Parametric Map or NIfTI.

    Raises
    ------
    InputError
        The panel is made of several images, or the pair has no place that a Parametric Map needs.
    """
    values, place = _cut(export_request, view, source)
    origin = _origin(export_request, view, provenance([view], day))
    if export_request.kind == "nifti":
        from fusion.data.outgoing.nifti_slice import nifti_slice

        return nifti_slice(values, origin, place, pixel_spacing(view.pair))
    from fusion.data.outgoing.parametric_map import parametric_map

    if export_request.keeps_identifiers:
        check_identifiers(source)
    kind, keeps = QUANTITIES[_image(export_request)], export_request.keeps_identifiers
    return parametric_map(values, kind, origin, place, identifiers=keeps)


def _image(export_request: ExportRequest) -> str:
    """The one image that a panel shows."""
    panel = export_request.panel
    if panel is None or panel.image not in QUANTITIES:
        raise InputError(
            "This picture is made of several images; export one of them, such as panel c, n or g, or this one as "
            "Secondary Capture."
        )
    return panel.image


def _cut(
    export_request: ExportRequest, view: ReportView, source: SourceSlice | None
) -> tuple[NDArray[np.float32], SourceSlice | None]:
    """The panel's values, and the part of the slice that they fill."""
    image, panel = _image(export_request), export_request.panel
    area = view.area if panel is not None and panel.is_zoom else whole(view.pair.shape)
    rows, cols = area.slices
    if source is not None:
        source.check_size(view.pair.shape)
        source = source.inside(rows, cols)
    return view.values(image, view.columns[0])[rows, cols], source


def _origin(export_request: ExportRequest, view: ReportView, origin: Provenance) -> ResultOrigin:
    panel = export_request.panel
    networks = [name for name, _ in origin.networks]
    image = None if panel is None else name_of(panel.image, view.pair.names, networks[0])
    return ResultOrigin(
        network=", ".join(networks),
        weights=origin.networks[0][1] if len(networks) == 1 else "",
        images=origin.images,
        what=image or _SCREENS[export_request.what],
        details=(*origin.subject()[1:-1], *origin.shown()),
        facts=origin.json(),
    )

"""What somebody wants exported: parameters from an address or a command line, checked before any work starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

from dashboard.components import ids
from dashboard.components.choices import read_choice
from dashboard.components.ids import Panel
from dashboard.option_values import FORMATS, HOSPITAL, PAPER, PICTURES, VALUES
from dashboard.report.view import JACOBIAN, NEED_GUIDANCE, DisplayLook
from dashboard.server.query_parameters import whole_number
from fusion import InputError
from fusion.comma_list import comma_separated
from fusion.data.outgoing.unnamed import unnamed
from fusion.data.pairs import ImagePair

FIGURES = {
    4: (("fused", False), ("fused", True)),
    5: (("guidance1", True), ("guidance2", True)),
    6: (("rgb", False), ("rgb", True)),
    7: (("jacobian1", True), ("jacobian2", True)),
    8: (("scatter", False),),
}
"""What each figure shows for one method at one pixel: images, and whether they are zoomed."""
TABLES: dict[str, tuple[str, ...]] = {
    "metrics": (*PICTURES, "csv"),
    "verdict": ("pdf", "png", "svg", *VALUES),
    "network": ("pdf", "png", "svg", *VALUES),
    "casefile": ("html",),
}
"""What has an address of its own, and as what each comes."""
DPI_RANGE = (72, 1200)
MOST_NETWORKS = 7


@dataclass(frozen=True)
class ExportRequest:
    """What to export.

    Attributes
    ----------
    what, kind : str
        A word of `FORMATS` and one of its formats.
    look : Look
    dpi : int
        Dots per inch of a PNG, and of scatterplots in SVG and PDF.
    panel : Panel or None
        Which one, for ``"panel"``.
    within : float
        The error that guidance may have, as a part of its largest value, where exact guidance takes a pass for
        each pixel; 0 for exact.
    keeps_identifiers : bool
        Whether a DICOM file holds the patient's and the study's names and numbers.
    """

    what: str
    kind: str
    look: DisplayLook = field(default_factory=DisplayLook)
    dpi: int = 300
    panel: Panel | None = None
    within: float = 0.0
    keeps_identifiers: bool = False

    @property
    def images(self) -> frozenset[str]:
        """Which images are shown."""
        if self.panel is not None:
            return frozenset({self.panel.image})
        if self.what in PAPER:
            return frozenset(image for image, _ in FIGURES[PAPER[self.what]])
        return frozenset(panel.image for panel in ids.PANELS)

    @property
    def needs_guidance(self) -> bool:
        """Whether it has to wait for finished guidance."""
        return bool(self.images & NEED_GUIDANCE)

    @property
    def needs_jacobian(self) -> bool:
        """Whether a Jacobian is shown."""
        return bool(self.images & set(JACOBIAN))


def parse_export(what: str, kind: str, parameters: Mapping[str, str]) -> ExportRequest:
    """The request that ``parameters`` describe.

    They are ``panel``, ``dpi``, ``percent``, ``identifiers`` and those of `DisplayLook`.

    Raises
    ------
    InputError
        A word cannot be used; the sentence says what can.

    Examples
    --------
    >>> parse_export("panel", "png", {"panel": "e", "dpi": "600", "gamma1": "0.5"}).look.gamma1
    0.5
    """
    kinds = FORMATS[_one_of("what is exported", what, tuple(FORMATS))]
    _one_of(f"the format of {what}", kind, kinds)
    chosen = {
        each.name: read_choice(each.name, parameters[each.name])
        for each in fields(DisplayLook)
        if each.name in parameters
    }
    look = DisplayLook(**chosen)
    panel = _panel(parameters) if what == "panel" else None
    keeps = _one_of("identifiers", parameters.get("identifiers", "0"), ("0", "1")) == "1"
    return ExportRequest(what, kind, look, resolution(parameters), panel, _percent(parameters) / 100, keeps)


def _percent(parameters: Mapping[str, str]) -> float:
    """The error that ``parameters`` allow guidance."""
    text = parameters.get("percent", "0")
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 100:
        raise InputError(f"An allowed error goes from 0 to 100 per cent, not {text[:40]!r}.")
    return found


def resolution(parameters: Mapping[str, str]) -> int:
    """The dots per inch that ``parameters`` ask for."""
    dpi = whole_number("dpi", parameters.get("dpi", str(ExportRequest.dpi)))
    if not DPI_RANGE[0] <= dpi <= DPI_RANGE[1]:
        raise InputError(f"Dots per inch go from {DPI_RANGE[0]} to {DPI_RANGE[1]}; {dpi} lies outside.")
    return dpi


def network_names(text: str) -> tuple[str, ...]:
    """Names with commas between them: one to seven, none of them twice.

    Examples
    --------
    >>> network_names("MaskNet, DeepFuse")
    ('MaskNet', 'DeepFuse')
    """
    names = comma_separated(text)
    if not names:
        raise InputError("Name at least one network.")
    if len(names) > MOST_NETWORKS:
        raise InputError(f"A figure holds at most {MOST_NETWORKS} networks, not {len(names)}.")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"{twice[0]} is named twice; name each network once.")
    return names


def file_name(export_request: ExportRequest, pair: ImagePair) -> str:
    """What the file is called: letters, digits and dashes only, whatever the pair's title holds.

    What is for a hospital has a name that is not the pair's, which may be its patient's.
    """
    kind = export_request.kind
    title = unnamed(pair).title if kind in HOSPITAL else pair.title
    letter = [export_request.panel.letter] if export_request.panel else []
    return named((title, export_request.what, *letter), HOSPITAL.get(kind, kind))


def named(parts: Sequence[str], kind: str) -> str:
    """A file name of letters, digits and dashes.

    Examples
    --------
    >>> named(("Phantom 3/a", "metrics"), "csv")
    'fusevis-Phantom-3-a-metrics.csv'
    """
    stem = re.sub(r"[^A-Za-z0-9]+", "-", "-".join(("fusevis", *parts))).strip("-")[:80]
    return f"{stem}.{kind}"


def _panel(parameters: Mapping[str, str]) -> Panel:
    letters = {panel.letter: panel for panel in ids.PANELS}
    return letters[_one_of("panel", parameters.get("panel", ""), tuple(letters))]


def _one_of(name: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise InputError(f"{text[:40]!r} cannot be used for {name}; choose one of: {', '.join(choices)}.")
    return text

"""What are the values of a map, and in which unit?"""

from __future__ import annotations

from dataclasses import dataclass

NO_PLACE = (
    "This pair has no place in a patient, which a Parametric Map needs; export it as Secondary Capture or NIfTI, "
    "or name the DICOM file of its slice."
)


@dataclass(frozen=True)
class Quantity:
    """What the values of a map are.

    Attributes
    ----------
    code : str
        At most 16 capitals.
    meaning : str
        In at most 64 characters.
    unit : str
        A name in pydicom's dictionary of UCUM; a plain "1" tells a reader nothing.
    """

    code: str
    meaning: str
    unit: str


GUIDANCE = Quantity("GUIDANCE", "Derivative of each fused pixel by the input pixel at its place", "Ratio")
JACOBIAN = Quantity("JACOBIAN", "Derivative of one fused pixel by every pixel of an input", "Ratio")
FUSED = Quantity("FUSED", "Fused image", "ArbitraryUnit")
INPUT = Quantity("INPUT", "Input of the fusion network, scaled to 0 to 1", "ArbitraryUnit")

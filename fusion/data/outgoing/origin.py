"""What made a result: the network, the program and their versions."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import torch

from fusion.shipped import VERSION

PROGRAM = "FuseVis"
NOTICE = "Research use only, not for diagnosis"
BURNT_IN = (
    "Text that is drawn into the pixels of the inputs is neither found nor removed: look at the picture before "
    "it leaves."
)
"""What a person has to know before a result leaves."""


@dataclass(frozen=True)
class ResultOrigin:
    """What made a result, without a word about its patient.

    Attributes
    ----------
    network : str
        Its name.
    weights : str
        SHA-256 of its weights; empty where it has none.
    images : str
        SHA-256 of the pair's images.
    what : str
        What the result is, in a few words: ``"Guidance PET"``.
    details : tuple of str
        What else a reader needs, a few words each: the pixel, a colour scale.
    facts : str
        All of it as JSON; empty for what the other fields say.
    version : str
        Of the program.
    """

    network: str
    weights: str
    images: str
    what: str
    details: tuple[str, ...] = ()
    facts: str = field(default="", repr=False)
    version: str = VERSION

    def lines(self) -> tuple[str, ...]:
        """What stands below a picture, a line each.

        Examples
        --------
        >>> ResultOrigin("MaskNet", "cd" * 32, "ab" * 32, "Fused", version="1").lines()[0]
        'Fused · MaskNet (weights cdcdcdcd) · images abababab'
        """
        weights = f"weights {self.weights[:8]}" if self.weights else "no weights"
        what = (self.what, f"{self.network} ({weights})", f"images {self.images[:8]}", *self.details)
        return (
            " · ".join(what),
            f"{PROGRAM} {self.version} · torch {torch.__version__} · {NOTICE}",
        )

    def json(self) -> str:
        """Everything as one line of JSON."""
        return self.facts or json.dumps(
            {
                "program": PROGRAM,
                "version": self.version,
                "torch": torch.__version__,
                "what": self.what,
                "details": list(self.details),
                "network": {"name": self.network, "weights_sha256": self.weights},
                "images_sha256": self.images,
                "notice": NOTICE,
            },
            ensure_ascii=False,
        )

"""The names of everything on the page: panels, controls and stores."""

from __future__ import annotations

from dataclasses import dataclass

PAIR, NETWORK, DISPLAY, COLORMAP = "pair", "network", "display", "colormap"
WINDOW, MANNER, COLOR, ZOOMS, THEME = "window", "manner", "color", "zooms", "theme"
GAMMA1, GAMMA2, ROW, COL = "gamma1", "gamma2", "row", "col"
ADDRESS, VIEW, COMMIT, GUIDANCE, TABLES, READOUT = (
    "address",
    "view",
    "commit",
    "guidance",
    "tables",
    "readout-data",
)
PROVIDER, PATH, PAGE, STATUS, SPOKEN = "provider", "path", "page", "status", "spoken"
ADDRESS_PROBLEM, VIEW_PROBLEM = "address-problem", "view-problem"
GUIDANCE_DRAWN = "guidance-drawn"
MEASURED = "measured"
START, SHOWN, FIGURED = "start", "shown", "figured"


@dataclass(frozen=True)
class Panel:
    """One of the 17 pictures of Explore.

    Attributes
    ----------
    letter : str
        As in the paper's Figure 1.
    image : str
        What is shown: ``first``, ``second``, ``fused``, ``guidance1``, ``guidance2``, ``rgb``,
        ``jacobian1``, ``jacobian2`` or ``scatter``.
    is_zoom : bool
        Whether it shows the window around the principal pixel only.
    row, col : int
        Place in the grid of three rows and six columns, from 1.
    alone_row, alone_col : int
        Place in the grid of two rows and five columns that is left when the zooms are folded away.
    """

    letter: str
    image: str
    is_zoom: bool
    row: int
    col: int
    alone_row: int = 0
    alone_col: int = 0

    @property
    def id(self) -> str:
        """Of the panel's graph."""
        return f"{self.image}-zoom" if self.is_zoom else self.image

    @property
    def slot(self) -> str:
        """Of the place where its graph comes to stand."""
        return f"{self.id}-slot"

    @property
    def picks(self) -> bool:
        """Whether pointing at it chooses the principal pixel."""
        return not self.is_zoom and self.image not in ("jacobian1", "jacobian2", "scatter")


PANELS = (
    Panel("a", "first", False, 1, 1, 1, 1),
    Panel("b", "first", True, 1, 2),
    Panel("c", "guidance1", False, 1, 3, 1, 2),
    Panel("d", "guidance1", True, 1, 4),
    Panel("e", "jacobian1", False, 1, 5, 1, 3),
    Panel("f", "jacobian1", True, 1, 6),
    Panel("g", "fused", False, 2, 1, 1, 4),
    Panel("h", "fused", True, 2, 2),
    Panel("i", "rgb", False, 2, 3, 2, 4),
    Panel("j", "rgb", True, 2, 4),
    Panel("k", "scatter", False, 2, 5, 1, 5),
    Panel("l", "second", False, 3, 1, 2, 1),
    Panel("m", "second", True, 3, 2),
    Panel("n", "guidance2", False, 3, 3, 2, 2),
    Panel("o", "guidance2", True, 3, 4),
    Panel("p", "jacobian2", False, 3, 5, 2, 3),
    Panel("q", "jacobian2", True, 3, 6),
)
IMAGE_PANELS = tuple(panel for panel in PANELS if panel.image != "scatter")

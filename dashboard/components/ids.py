"""The names of everything on the page: panels, controls and stores."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum

from fusion import InputError

PAIR, NETWORK, DISPLAY, COLORMAP = "pair", "network", "display", "colormap"
WINDOW, MANNER, COLOR, ZOOMS, THEME = "window", "manner", "color", "zooms", "theme"
GAMMA1, GAMMA2, ROW, COL = "gamma1", "gamma2", "row", "col"
COMMIT, TABLES, READOUT = "commit", "tables", "readout-data"
PROVIDER, PATH, PAGE, STATUS, SPOKEN = "provider", "path", "page", "status", "spoken"
ADDRESS_PROBLEM, VIEW_PROBLEM = "address-problem", "view-problem"
START = "start"
SCATTER, SCATTER_PLACE = "scatter", "scatter-place"
SCATTER_VIEW, SCATTER_PIXEL, SCATTER_DRAWN = "scatter-view", "scatter-pixel", "scatter-drawn"
INPUT_BUTTON, INPUT_TOOLS = "inputs-button", "inputs-tools"
SERIES_BUTTON, SERIES_TOOLS = "series-button", "series-tools"
ENLARGED, ENLARGED_PANEL, ENLARGED_PLACE = "enlarged", "enlarged-panel", "enlarged-place"
ENLARGED_FIGURE, ENLARGED_TITLE, ENLARGED_CLOSE = "enlarged-figure", "enlarged-title", "enlarged-close"


class Kind(Enum):
    """What an image is made of: that decides how it is coloured and what it waits for."""

    PICTURE = "picture"
    GUIDANCE = "guidance"
    OVERLAY = "overlay"
    JACOBIAN = "jacobian"
    SCATTERPLOT = "scatterplot"


class PanelImage(StrEnum):
    """What a panel shows; the value is the word that the browser uses.

    Attributes
    ----------
    kind : Kind
    input_index : int or None
        Which input it belongs to, 0 or 1; None where it belongs to both.
    """

    kind: Kind
    input_index: int | None

    def __new__(cls, word: str, kind: Kind, input_index: int | None = None) -> PanelImage:
        """A member whose text is ``word``."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.kind, member.input_index = kind, input_index
        return member

    FIRST = "first", Kind.PICTURE, 0
    SECOND = "second", Kind.PICTURE, 1
    FUSED = "fused", Kind.PICTURE
    GUIDANCE1 = "guidance1", Kind.GUIDANCE, 0
    GUIDANCE2 = "guidance2", Kind.GUIDANCE, 1
    RGB = "rgb", Kind.OVERLAY
    JACOBIAN1 = "jacobian1", Kind.JACOBIAN, 0
    JACOBIAN2 = "jacobian2", Kind.JACOBIAN, 1
    SCATTER = "scatter", Kind.SCATTERPLOT


@dataclass(frozen=True)
class Panel:
    """One of the 17 pictures of Explore.

    Attributes
    ----------
    letter : str
        As in the paper's Figure 1.
    image : PanelImage
        What is shown.
    is_zoom : bool
        Whether it shows the window around the principal pixel only.
    row, col : int
        Place in the grid of three rows and six columns, from 1.
    alone_row, alone_col : int
        Place in the grid of two rows and five columns that is left when the zooms are folded away.
    """

    letter: str
    image: PanelImage
    is_zoom: bool
    row: int
    col: int
    alone_row: int = 0
    alone_col: int = 0

    @property
    def id(self) -> str:
        """What the ids of its parts begin with."""
        return f"{self.image}-zoom" if self.is_zoom else self.image.value

    @property
    def picks(self) -> bool:
        """Whether pointing at it chooses the principal pixel."""
        return not self.is_zoom and self.image.kind in (Kind.PICTURE, Kind.GUIDANCE, Kind.OVERLAY)


PANELS = (
    Panel("a", PanelImage.FIRST, False, 1, 1, 1, 1),
    Panel("b", PanelImage.FIRST, True, 1, 2),
    Panel("c", PanelImage.GUIDANCE1, False, 1, 3, 1, 2),
    Panel("d", PanelImage.GUIDANCE1, True, 1, 4),
    Panel("e", PanelImage.JACOBIAN1, False, 1, 5, 1, 3),
    Panel("f", PanelImage.JACOBIAN1, True, 1, 6),
    Panel("g", PanelImage.FUSED, False, 2, 1, 1, 4),
    Panel("h", PanelImage.FUSED, True, 2, 2),
    Panel("i", PanelImage.RGB, False, 2, 3, 2, 4),
    Panel("j", PanelImage.RGB, True, 2, 4),
    Panel("k", PanelImage.SCATTER, False, 2, 5, 1, 5),
    Panel("l", PanelImage.SECOND, False, 3, 1, 2, 1),
    Panel("m", PanelImage.SECOND, True, 3, 2),
    Panel("n", PanelImage.GUIDANCE2, False, 3, 3, 2, 2),
    Panel("o", PanelImage.GUIDANCE2, True, 3, 4),
    Panel("p", PanelImage.JACOBIAN2, False, 3, 5, 2, 3),
    Panel("q", PanelImage.JACOBIAN2, True, 3, 6),
)


def panel_of(letter: str) -> Panel:
    """The panel of a letter.

    Raises
    ------
    InputError
        There is none.

    Examples
    --------
    >>> panel_of("q").image
    <PanelImage.JACOBIAN2: 'jacobian2'>
    """
    for panel in PANELS:
        if panel.letter == letter:
            return panel
    raise InputError(f"There is no panel {str(letter)[:40]!r}; reload the page.")

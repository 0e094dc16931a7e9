"""From which slice of which volumes is a pair of images, and what was done to them?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fusion.data.normalisation import Normalisation
from fusion.data.pixel_size import is_square
from fusion.data.volumes.grid import Grid
from fusion.data.volumes.planes import Plane

LINEAR = "linear"


@dataclass(frozen=True, eq=False)
class SliceOrigin:
    """How two slices were taken from two volumes.

    Attributes
    ----------
    plane : Plane
        Of the anatomical volume.
    number : int
        Which of its slices, counted from 1.
    names : tuple of two str
        What the volumes are called.
    grids : tuple of two Grid
        Of both volumes; both slices lie on the anatomical one's.
    interpolated : int or None
        Which of the two was interpolated, linearly, on the other's grid; None where they have one grid.
    outside : tuple of two float
        Share of the slice's pixels at which a volume has no value.
    scaled : tuple of two Normalisation
        From which to which value each slice is scaled.
    units : tuple of two str
        Of these values.
    space : str
        Why the volumes belong together.
    whole : callable
        From the smallest to the largest value of both whole volumes, which are read for it.
    frame_of_reference : str or None
        Of the volume on whose grid the slice lies.
    files : tuple of two tuple of Path
        The DICOM files of that volume and of the other one, as they are listed; empty where it has others. Results
        refer to their images; their names are told to nobody.
    """

    plane: Plane
    number: int
    names: tuple[str, str]
    grids: tuple[Grid, Grid]
    interpolated: int | None
    outside: tuple[float, float]
    scaled: tuple[Normalisation, Normalisation]
    units: tuple[str, str]
    space: str
    whole: Callable[[], tuple[Normalisation, Normalisation]] = field(repr=False)
    frame_of_reference: str | None = None
    files: tuple[tuple[Path, ...], tuple[Path, ...]] = field(default=((), ()), repr=False)

    def remarks(self) -> tuple[str, ...]:
        """What a person should know who sees the slice, a sentence each."""
        words = self.plane.words(self.number).capitalize()
        told = [f"{words} of {self.plane.count}{self._tilted()}."]
        if self.interpolated is not None:
            moved, kept = (
                f"{self.names[at]} ({grid_words(self.grids[at])})"
                for at in (self.interpolated, 1 - self.interpolated)
            )
            told.append(f"{moved} was interpolated linearly on the grid of {kept}.")
        told += [
            f"{name} has no value at {share_words(share)} of the slice's pixels; they count as its lowest."
            for name, share in zip(self.names, self.outside, strict=True)
            if share
        ]
        told.append(f"Scaled to [0, 1]: {'; '.join(self.scale_words())}.")
        return (*told, f"{self.space}.")

    def short(self) -> tuple[str, ...]:
        """The same in few words, what matters most first."""
        tilted = f", oblique by {self.plane.tilt:.0f}°" if self.plane.is_oblique else ""
        told = [f"{self.plane.words(self.number)} of {self.plane.count}{tilted}"]
        if self.interpolated is not None:
            told.append(
                f"{self.names[self.interpolated]} interpolated on the grid of {self.names[1 - self.interpolated]}"
            )
        told += [
            f"{name} without a value at {share_words(share)}"
            for name, share in zip(self.names, self.outside, strict=True)
            if share
        ]
        _, rows, cols = self.plane.grid.spacing
        if not is_square(cols, rows):
            told.append(f"pixels of {cols:.3g} × {rows:.3g} mm")
        space = self.space.partition(";")[0]
        return (*told, space[:1].lower() + space[1:], *self.scale_words())

    def parts(self) -> tuple[str, ...]:
        """The same as pieces of the line under a figure."""
        return tuple(each.removesuffix(".") for each in self.remarks())

    def _tilted(self) -> str:
        if not self.plane.is_oblique:
            return ""
        return f" (oblique, by {self.plane.tilt:.0f}°: the letters are those of the nearest axes)"

    def scale_words(self) -> tuple[str, str]:
        """From which to which value each slice is scaled."""
        where = {"slice": "of the slice", "volume": "of the volume", "window": "chosen"}
        first, second = (
            f"{name} from {_number(each.low)} to {_number(each.high)} {unit} ({where[each.kind]})"
            for name, each, unit in zip(self.names, self.scaled, self.units, strict=True)
        )
        return first, second

    def swapped(self) -> SliceOrigin:
        """The same with the first input second."""
        return replace(
            self,
            names=self.names[::-1],
            grids=self.grids[::-1],
            interpolated=None if self.interpolated is None else 1 - self.interpolated,
            outside=self.outside[::-1],
            scaled=self.scaled[::-1],
            units=self.units[::-1],
            whole=lambda: self.whole()[::-1],
        )

    def facts(self) -> dict[str, Any]:
        """The same for JSON: numbers and names, no sentence."""
        return {
            "plane": self.plane.name,
            "slice": self.number,
            "slices": self.plane.count,
            "letters": dict(self.plane.letters),
            "tilt_degrees": round(self.plane.tilt, 3),
            "affine_lps_mm": self.plane.grid.affine.tolist() if self.plane.grid.has_lengths else None,
            "interpolation": "none" if self.interpolated is None else LINEAR,
            "interpolated": None if self.interpolated is None else self.names[self.interpolated],
            "space": self.space,
            "inputs": [self._input(at) for at in range(2)],
        }

    def _input(self, at: int) -> dict[str, Any]:
        grid, scaled = self.grids[at], self.scaled[at]
        return {
            "name": self.names[at],
            "shape": list(grid.shape),
            "spacing_mm": [float(f"{each:.6g}") for each in grid.spacing] if grid.has_lengths else None,
            "share_without_value": self.outside[at],
            "unit": self.units[at],
            "scaled_from": scaled.low,
            "scaled_to": scaled.high,
            "scaled_by": scaled.kind,
        }


def grid_words(grid: Grid) -> str:
    """A grid in a person's words: columns, rows, slices.

    Examples
    --------
    >>> import numpy as np
    >>> grid_words(Grid((189, 233, 197), np.diag([3.0, 1.0, 1.0, 1.0])))
    '197 × 233 × 189 voxels of 1 × 1 × 3 mm'
    """
    size = " × ".join(str(each) for each in reversed(grid.shape))
    if not grid.has_lengths:
        return f"{size} voxels of unknown size"
    return f"{size} voxels of {' × '.join(f'{each:.3g}' for each in reversed(grid.spacing))} mm"


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def share_words(share: float) -> str:
    """A share in percent that is never rounded to nothing or all.

    Examples
    --------
    >>> share_words(0.125), share_words(0.0001), share_words(0.9999)
    ('12 %', 'less than 1 %', 'more than 99 %')
    """
    if 0 < share < 0.01:
        return "less than 1 %"
    return "more than 99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"

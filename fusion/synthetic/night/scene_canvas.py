"""Where the camera stands, and what it meets at every point of its picture.

Positions are metres: x to the picture's right, y up from the road, z away from the camera. Temperatures are
degrees Celsius. A radiance of 1 is what just saturates the visible camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SceneField = NDArray[np.floating[Any]]
SceneMask = NDArray[np.bool_]
Color = tuple[float, float, float]
PixelBox = tuple[slice, slice]


class Surface(IntEnum):
    """What a point of the picture shows."""

    SKY = 0
    BUILDING = 1
    ROAD = 2
    LAMP = 3
    VEHICLE = 4
    PERSON = 5
    PERSON_IN_GLARE = 6
    PERSON_IN_THE_DARK = 7


class Facing(IntEnum):
    """Which way the surface at a point faces."""

    CAMERA = 0
    UP = 1
    RIGHT = 2
    LEFT = 3


@dataclass(frozen=True)
class Camera:
    """A camera over the road that looks straight along it.

    Attributes
    ----------
    rows, columns : int
        Sampling points, not pixels.
    x, height : float
        Where it stands, in metres.
    """

    rows: int
    columns: int
    x: float
    height: float

    @property
    def focal(self) -> float:
        """Focal length in points: 57° across for a picture of three by four, never less of the street."""
        return 0.92 * min(self.columns, self.rows * 4 / 3)

    @property
    def across(self) -> SceneField:
        """How far each column's ray goes to the right a metre of depth: float64 (1, columns)."""
        return ((np.arange(self.columns) + 0.5 - self.columns / 2) / self.focal)[None]

    @property
    def upwards(self) -> SceneField:
        """How far each row's ray rises a metre of depth: float64 (rows, 1); the horizon lies above the middle."""
        return ((0.43 * self.rows - np.arange(self.rows) - 0.5) / self.focal)[:, None]

    def place(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Row and column, in points, where a position is seen."""
        row = 0.43 * self.rows - self.focal * (y - self.height) / z
        return row, self.columns / 2 + self.focal * (x - self.x) / z

    def box(self, left: float, right: float, top: float, z: float) -> PixelBox:
        """The part of the picture that an upright rectangle on the road at depth ``z`` fills."""
        (first, start), (last, stop) = self.place(left, top, z), self.place(right, -0.05, z)
        return (
            slice(max(0, int(first)), min(self.rows, max(0, int(last) + 2))),
            slice(max(0, int(start)), min(self.columns, max(0, int(stop) + 2))),
        )

    def plane(self, box: PixelBox, z: float) -> tuple[SceneField, SceneField]:
        """Positions x (1, w) and y (h, 1) of the points of ``box`` on the upright plane at depth ``z``."""
        return self.x + self.across[:, box[1]] * z, self.height + self.upwards[box[0]] * z


@dataclass(frozen=True, eq=False)
class Canvas:
    """The scene as the camera's points meet it; painted on from far to near.

    Attributes
    ----------
    surface, facing : uint8 (H, W)
        Of `Surface` and of `Facing`.
    position : float32 (H, W, 3)
        x, y and z.
    albedo, emission : float32 (H, W, 3)
        Share of the light that is thrown back, and radiance of the surface's own, in red, green and blue.
    celsius : float32 (H, W)
        The temperature that a thermal camera reads, cold reflections counted in.
    """

    surface: NDArray[np.uint8]
    facing: NDArray[np.uint8]
    position: SceneField
    albedo: SceneField
    emission: SceneField
    celsius: SceneField

    @classmethod
    def blank(cls, camera: Camera) -> Canvas:
        """Nothing but black sky."""
        shape = camera.rows, camera.columns
        return cls(
            surface=np.zeros(shape, np.uint8),
            facing=np.zeros(shape, np.uint8),
            position=np.zeros((*shape, 3), np.float32),
            albedo=np.zeros((*shape, 3), np.float32),
            emission=np.zeros((*shape, 3), np.float32),
            celsius=np.zeros(shape, np.float32),
        )

    def paint(
        self,
        camera: Camera,
        box: PixelBox,
        mask: SceneMask,
        surface: Surface,
        z: float,
        *,
        albedo: Color | SceneField,
        celsius: float | SceneField,
        emission: Color | SceneField = (0.0, 0.0, 0.0),
    ) -> None:
        """Cover the points of ``mask`` (h, w) inside ``box`` with something upright at depth ``z``."""
        x, y = camera.plane(box, z)
        self.surface[box][mask] = surface
        self.facing[box][mask] = Facing.CAMERA
        self.position[box][mask] = np.stack(np.broadcast_arrays(x, y, z), axis=-1)[mask]
        self.albedo[box][mask] = np.broadcast_to(albedo, (*mask.shape, 3))[mask]
        self.emission[box][mask] = np.broadcast_to(emission, (*mask.shape, 3))[mask]
        self.celsius[box][mask] = np.broadcast_to(celsius, mask.shape)[mask]


def texture(seed: int, scales: Sequence[float], *along: SceneField) -> SceneField:
    """A smooth random pattern of two coordinates in metres, about −1 to 1, that changes over ``scales``."""
    table = np.random.default_rng(seed).standard_normal((64, 64))
    at = [line / scale for line, scale in zip(along, scales, strict=True)]
    drawn: SceneField = ndimage.map_coordinates(table, np.broadcast_arrays(*at), order=1, mode="grid-wrap")
    return drawn

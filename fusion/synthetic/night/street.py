"""What stands in a street at night: drawn at random, before anything is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from fusion.synthetic.night.scene_canvas import Color, Surface

CURB, WALL, END = 3.6, 6.2, 90.0  # metres: half the road, half the street, its length
CAR_LENGTH = 4.3  # metres

_LAMPLIGHT: tuple[Color, ...] = ((1.0, 0.62, 0.26), (1.0, 0.80, 0.55), (0.86, 0.92, 1.0))  # sodium, warm, cold
_PLASTER: tuple[Color, ...] = (
    (0.34, 0.20, 0.15),
    (0.42, 0.36, 0.28),
    (0.33, 0.33, 0.34),
    (0.40, 0.27, 0.18),
    (0.27, 0.30, 0.33),
)
_PAINT: tuple[Color, ...] = ((0.45, 0.05, 0.05), (0.08, 0.14, 0.34), (0.38, 0.38, 0.40), (0.05, 0.22, 0.12))
_CLOTH: tuple[Color, ...] = ((0.62, 0.16, 0.12), (0.16, 0.25, 0.55), (0.55, 0.48, 0.22), (0.50, 0.50, 0.52))
_TROUSERS: Color = (0.10, 0.10, 0.13)
_DARK_CLOTH: Color = (0.16, 0.14, 0.125)


@dataclass(frozen=True)
class Lamp:
    """A street lamp: its pole on the pavement, its head over the road's edge."""

    x: float
    z: float
    height: float

    @property
    def head(self) -> tuple[float, float, float]:
        """Where the light comes from."""
        return self.x - 1.1 * float(np.sign(self.x)), self.height, self.z


@dataclass(frozen=True)
class Building:
    """A house of the row on one side, from ``near`` to ``far``; ``side`` is −1 or 1."""

    side: int
    near: float
    far: float
    height: float
    wall: Color
    lit: float  # share of its windows
    shop: bool
    seed: int


@dataclass(frozen=True)
class Car:
    """A car whose end nearer to the camera is at ``z``."""

    x: float
    z: float
    oncoming: bool
    running: bool
    paint: Color


@dataclass(frozen=True)
class Person:
    """Somebody on foot; ``stride`` is half a step in metres."""

    x: float
    z: float
    height: float
    stride: float
    coat: Color
    trousers: Color
    hat: bool
    surface: Surface = Surface.PERSON


@dataclass(frozen=True)
class Street:
    """A street, everybody in it, and the weather."""

    lamps: tuple[Lamp, ...]
    lamplight: Color
    buildings: tuple[Building, ...]
    cars: tuple[Car, ...]
    persons: tuple[Person, ...]
    camera_x: float
    camera_height: float
    wetness: float  # 0 dry to 1
    air: float  # °C
    seed: int  # of its textures

    @classmethod
    def draw(cls, rng: Generator) -> Street:
        """Draw a street at random; either side may be the one on which cars drive."""
        side = int(rng.choice([-1, 1]))  # of the oncoming cars
        oncoming = Car(side * rng.uniform(1.6, 2.0), rng.uniform(18, 22), True, True, _one_of(rng, _PAINT))
        leaving = Car(-side * rng.uniform(1.5, 1.9), rng.uniform(24, 36), False, True, _one_of(rng, _PAINT))
        parked = Car(-side * rng.uniform(4.3, 4.6), rng.uniform(13.5, 15.0), True, False, _one_of(rng, _PAINT))
        lamps = _lamps(rng, side)
        return cls(
            lamps=lamps,
            lamplight=_one_of(rng, _LAMPLIGHT),
            buildings=(*_row(rng, side), *_row(rng, -side, dark_until=24.0)),
            cars=(oncoming, leaving, parked),
            persons=_persons(rng, side, lamps, oncoming),
            camera_x=-side * rng.uniform(0.2, 1.0),
            camera_height=rng.uniform(2.0, 2.4),
            wetness=rng.uniform(0.6, 1.0),
            air=rng.uniform(2.0, 9.0),
            seed=int(rng.integers(2**31)),
        )


def _one_of(rng: Generator, colors: tuple[Color, ...]) -> Color:
    return colors[rng.integers(len(colors))]


def _lamps(rng: Generator, side: int) -> tuple[Lamp, ...]:
    """Lamps on both sides in turn; the first on the far side, so that the near right stays dark."""
    start, height = rng.uniform(14.0, 16.0), rng.uniform(5.6, 6.4)
    places = [(side, start + 26.0 * step) for step in range(3)] + [(-side, start + 13 + 26 * s) for s in range(3)]
    return tuple(Lamp(4.3 * across, z, height) for across, z in places)


def _row(rng: Generator, side: int, dark_until: float = 0.0) -> tuple[Building, ...]:
    """The houses of one side, wall to wall; those that start before ``dark_until`` sleep."""
    houses, near = [], 0.0
    while near < END:
        far, shop, lit = near + rng.uniform(8, 15), bool(rng.random() < 0.3), rng.uniform(0.15, 0.4)
        asleep = near < dark_until
        houses.append(
            Building(
                side,
                near,
                far,
                rng.uniform(6.5, 13.0),
                _one_of(rng, _PLASTER),
                0.08 if asleep else lit,
                shop and not asleep,
                int(rng.integers(2**31)),
            )
        )
        near = far
    return tuple(houses)


def _persons(rng: Generator, side: int, lamps: tuple[Lamp, ...], oncoming: Car) -> tuple[Person, ...]:
    """Two under lamps, one before the headlights, one where no lamp reaches, all apart."""
    under, beyond = lamps[0], lamps[3]
    hidden = oncoming.x + rng.uniform(-0.15, 0.15), oncoming.z - rng.uniform(1.0, 1.6)
    dark = -side * rng.uniform(3.9, 4.5), rng.uniform(10.0, 11.5)
    return (
        _person(rng, (side * rng.uniform(5.1, 5.7), under.z + rng.uniform(0.5, 1.5)), _one_of(rng, _CLOTH)),
        _person(rng, (-side * rng.uniform(2.4, 3.0), beyond.z + rng.uniform(0.3, 1.5)), _one_of(rng, _CLOTH)),
        _person(rng, hidden, _one_of(rng, _CLOTH), Surface.PERSON_IN_GLARE),
        _person(rng, dark, _DARK_CLOTH, Surface.PERSON_IN_THE_DARK),
    )


def _person(rng: Generator, at: tuple[float, float], coat: Color, surface: Surface = Surface.PERSON) -> Person:
    stride = rng.uniform(0.12, 0.3) * rng.choice([-1, 1])
    height, hat = rng.uniform(1.6, 1.88), bool(rng.random() < 0.3)
    hidden = surface is Surface.PERSON_IN_THE_DARK
    return Person(*at, height, stride, coat, _DARK_CLOTH if hidden else _TROUSERS, hat or hidden, surface)

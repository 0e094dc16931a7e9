"""Where light comes from, what it falls on, what it does to the air and to a wet road."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from fusion.synthetic.night.backdrop import depth_of_walls, wetness, windows
from fusion.synthetic.night.people_and_cars import HEADLIGHT
from fusion.synthetic.night.scene_canvas import Camera, Canvas, Color, Facing, SceneField, Surface
from fusion.synthetic.night.street import CAR_LENGTH, WALL, Street

_NORMALS = np.array([(0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)])  # by `Facing`
_MOON: Color = (0.010, 0.012, 0.018)


@dataclass(frozen=True)
class Light:
    """A small source.

    Attributes
    ----------
    at, aim : position and unit vector
    color : three floats
        Radiance that it lends to a white surface one metre away.
    narrow : float
        Its strength falls by cos(angle from ``aim``) to this power.
    reach : float
        How far down the street it counts, in metres.
    is_point : bool
        Seen as a point: it makes a cone in the haze and a streak on wet ground. A shop window does not.
    """

    at: tuple[float, float, float]
    aim: tuple[float, float, float]
    color: Color
    narrow: float
    reach: float = 16.0
    is_point: bool = True

    def falls_on(
        self, position: SceneField, normal: SceneField | None = None, soft: SceneField | float = 0.0
    ) -> SceneField:
        """Irradiance over π at positions (…, 3): float64 (…, 1); without a normal, from all around."""
        way = position - np.array(self.at)
        distance = np.linalg.norm(way, axis=-1, keepdims=True) + 1e-6
        beam = np.clip((way @ np.array(self.aim))[..., None] / distance, 0, 1) ** self.narrow
        strength: SceneField = beam / (distance**2 + 0.01)  # no lamp is a point
        if normal is None:
            return strength
        slant = np.sum(way * normal, axis=-1, keepdims=True) / -distance
        lit: SceneField = strength * np.clip((slant + soft) / (1 + soft), 0, 1)
        return lit


def lights(street: Street) -> Iterator[Light]:
    """Lamps, headlights, tail lights and shop windows."""
    for lamp in street.lamps:
        yield Light(lamp.head, (0.0, -1.0, 0.0), _times(street.lamplight, 130.0), 2.6)
    for car in street.cars:
        if car.running:
            towards = -1.0 if car.oncoming else 1.0
            front = car.z if car.oncoming else car.z + CAR_LENGTH
            yield Light((car.x, HEADLIGHT[1], front), (0.0, -0.06, towards), (95.0, 92.0, 85.0), 55.0, 50.0)
        if car.running and not car.oncoming:
            yield Light((car.x, HEADLIGHT[1], car.z - 0.1), (0.0, -0.3, -0.95), (3.2, 0.12, 0.08), 1.0)
    for house in street.buildings:
        if house.shop:
            middle = (house.near + house.far) / 2
            at, aim = (house.side * (WALL + 0.3), 1.7, middle), (-house.side, 0.0, 0.0)
            yield Light(at, aim, (7.0, 5.8, 4.2), 1.0, is_point=False)


def _times(color: Color, factor: float) -> Color:
    return color[0] * factor, color[1] * factor, color[2] * factor


def lit(canvas: Canvas, camera: Camera, street: Street) -> SceneField:
    """Radiance of every point without air or lens between: float64 (H, W, 3)."""
    normal = _NORMALS[canvas.facing]
    soft = np.where(canvas.facing == Facing.CAMERA, 0.6, 0.0)[..., None]  # what stands is round
    falling = np.zeros_like(canvas.albedo) + np.array(_MOON)
    depth = np.where(canvas.surface == Surface.SKY, np.inf, canvas.position[..., 2])
    for light in lights(street):
        near = np.abs(depth - light.at[2]) < light.reach
        amount = light.falls_on(canvas.position[near], normal[near], soft[near])
        falling[near] += amount * np.array(light.color)
    shade = _shade(canvas, street)[..., None]
    ground = canvas.surface == Surface.ROAD
    shiny = np.where(ground[..., None], _mirrored(canvas, camera, street), 0.0)
    dull = np.where(ground, 0.55, 1.0)[..., None] ** street.wetness  # wet stone is darker
    radiance: SceneField = canvas.emission + canvas.albedo * dull * shade * falling + shiny
    return radiance


def _shade(canvas: Canvas, street: Street) -> SceneField:
    """Contact shadows: the share of light that reaches the ground under cars and at feet, (H, W)."""
    x, z = canvas.position[..., 0], canvas.position[..., 2]
    shade = np.ones(x.shape)
    for car in street.cars:
        outside = np.hypot(
            np.clip(np.abs(x - car.x) - 0.8, 0, None), np.clip(np.abs(z - car.z - CAR_LENGTH / 2) - 2.0, 0, None)
        )
        shade *= 1 - 0.85 * np.exp(-((outside / 0.3) ** 2))
    for person in street.persons:
        shade *= 1 - 0.6 * np.exp(-((x - person.x) ** 2 + (z - person.z) ** 2) / 0.09)
    return np.where(canvas.surface == Surface.ROAD, shade, 1.0)


def _mirrored(canvas: Canvas, camera: Camera, street: Street) -> SceneField:
    """What a wet road mirrors: lit windows and lights, drawn out towards the camera, float64 (H, W, 3)."""
    shine = np.zeros_like(canvas.emission)
    below = np.broadcast_to(camera.upwards < 0, canvas.surface.shape)
    for house in street.buildings:
        z = depth_of_walls(camera, house.side)
        inside = (z >= house.near) & (z < house.far)
        z = np.where(inside, z, house.near)
        y = -(camera.height + camera.upwards * z)
        mask = inside & below & (y > 0) & (y < house.height)
        shine[mask] = windows(house, (z + 0 * y)[mask], y[mask])[1]
    for light in lights(street):
        if light.is_point:
            _add_streak(shine, camera, light)
    scale = camera.focal / 300.0
    shine = ndimage.gaussian_filter(shine, (6.0 * scale, 1.0 * scale, 0))
    slope = -np.clip(camera.upwards, None, 0)
    fresnel = 0.05 + 0.95 * (1 - slope / np.sqrt(1 + slope**2)) ** 5
    wet = wetness(street, canvas.position[..., 0], canvas.position[..., 2])
    mirrored: SceneField = shine * (fresnel * wet)[..., None]
    return mirrored


def _add_streak(shine: SceneField, camera: Camera, light: Light) -> None:
    """Draw a light's mirror image as an upright streak."""
    x, y, z = light.at
    towards = np.array([camera.x - x, camera.height - y, -z])
    beam = max(0.05, float(towards @ np.array(light.aim)) / float(np.linalg.norm(towards))) ** min(light.narrow, 2)
    row, column = camera.place(x, -y, z)
    spread = camera.focal * 0.10 / z
    rows = (np.arange(camera.rows) - row)[:, None] / (14.0 * camera.focal / 300 + spread * 4)
    columns = (np.arange(camera.columns) - column)[None] / (1.5 * camera.focal / 300 + spread)
    shine += np.exp(-(rows**2) / 2 - columns**2 / 2)[..., None] * np.array(light.color) * beam / 12.0


def haze(camera: Camera, street: Street) -> SceneField:
    """Light that the damp air throws into the lens on the way, float64 (H, W, 3): cones under the lamps."""
    step = 2.0
    depth = np.arange(4.0, 60.0, step)
    rays = np.stack(np.broadcast_arrays(camera.across, camera.upwards, 1.0), axis=-1)
    origin = np.array([camera.x, camera.height, 0.0])
    total = np.zeros_like(rays)
    for light in lights(street):
        if light.is_point:
            for z in depth[np.abs(depth - light.at[2]) < 9]:
                total += light.falls_on(origin + z * rays) * np.array(light.color) * step
    floor = np.where(camera.upwards < 0, -camera.upwards / camera.height, 0)[..., None]
    return 0.0016 * total * np.exp(-2.0 * floor)

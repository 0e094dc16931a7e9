"""The empty street: road, pavement, houses and sky, met by casting every ray of the camera."""

from __future__ import annotations

import numpy as np

from fusion.synthetic.night.scene_canvas import (
    Camera,
    Canvas,
    Color,
    Facing,
    SceneField,
    SceneMask,
    Surface,
    texture,
)
from fusion.synthetic.night.street import CURB, END, WALL, Building, Street

FLOOR = 3.1  # metres from one floor to the next
SKY_COLOR: Color = (0.0035, 0.0045, 0.0085)
_ROOMS = np.array([(1.0, 0.70, 0.36), (1.0, 0.80, 0.52), (1.0, 0.88, 0.70), (1.0, 0.62, 0.30), (0.45, 0.62, 1.0)])


def paint_backdrop(canvas: Canvas, camera: Camera, street: Street) -> None:
    """Meet the sky, then the houses from far to near, then the ground."""
    _paint_sky(canvas, camera, street)
    _paint_end(canvas, camera, street)
    for building in sorted(street.buildings, key=lambda house: -house.near):
        _paint_gable(canvas, camera, street, building)
        _paint_facade(canvas, camera, street, building)
    _paint_ground(canvas, camera, street)


def depth_of_walls(camera: Camera, side: int) -> SceneField:
    """Depth at which each column meets the row of houses: float64 (1, columns), infinite where it does not."""
    across = camera.across
    towards = np.where(across * side > 0, across, np.nan)
    return np.nan_to_num((side * WALL - camera.x) / towards, nan=np.inf)


def _paint_sky(canvas: Canvas, camera: Camera, street: Street) -> None:
    """A clear sky: dark to both, and colder the higher one looks."""
    up = np.clip(camera.upwards, 0, None) + 0 * camera.across
    cloud = 1 + 0.25 * texture(street.seed + 1, (0.12, 0.3), up, camera.across + 0 * up)
    glow = np.exp(-up / 0.12)[..., None] * np.array(street.lamplight) * 0.012
    canvas.emission[:] = np.array(SKY_COLOR) * cloud[..., None] + glow
    canvas.celsius[:] = street.air - 30.0 * (1 - np.exp(-up / 0.25)) + 1.5 * (cloud - 1)
    canvas.position[:] = np.stack(np.broadcast_arrays(camera.across * 900.0, up * 900.0, 900.0), axis=-1)


def _paint_end(canvas: Canvas, camera: Camera, street: Street) -> None:
    """A house across the street's far end."""
    house = Building(0, -WALL, WALL, 9.0, street.buildings[0].wall, 0.35, False, street.seed)
    x, y = camera.x + camera.across * END, camera.height + camera.upwards * END
    mask = (np.abs(x) < WALL) & (y > 0) & (y < house.height)
    _cover(canvas, street, house, mask, (x + 0 * y, y + 0 * x), np.full(mask.shape, END), Facing.CAMERA)


def _paint_facade(canvas: Canvas, camera: Camera, street: Street, house: Building) -> None:
    """The front of a house, along the street."""
    z = depth_of_walls(camera, house.side)
    inside = (z >= house.near) & (z < house.far)
    z = np.where(inside, z, house.near)
    y = camera.height + camera.upwards * z
    facing = Facing.LEFT if house.side > 0 else Facing.RIGHT
    mask = inside & (y > 0) & (y < house.height)
    _cover(canvas, street, house, mask, (z + 0 * y, y), z + 0 * y, facing)


def _paint_gable(canvas: Canvas, camera: Camera, street: Street, house: Building) -> None:
    """The blank wall towards the camera, seen over a lower neighbour."""
    x, y = camera.x + camera.across * house.near, camera.height + camera.upwards * house.near
    mask = (x * house.side > WALL) & (y > 0) & (y < house.height)
    canvas.surface[mask] = Surface.BUILDING
    canvas.facing[mask] = Facing.CAMERA
    canvas.position[mask] = np.stack(np.broadcast_arrays(x, y, house.near), axis=-1)[mask]
    canvas.albedo[mask] = 0.8 * np.array(house.wall)
    canvas.emission[mask] = 0.0
    canvas.celsius[mask] = street.air + 0.8


def _cover(
    canvas: Canvas,
    street: Street,
    house: Building,
    mask: SceneMask,
    along: tuple[SceneField, SceneField],
    z: SceneField,
    facing: Facing,
) -> None:
    """Cover ``mask`` with a front: plaster, thermal bridges at the floors, windows."""
    u, y = along[0][mask], along[1][mask]
    window, light = windows(house, u, y)
    grain = 1 + 0.10 * texture(house.seed, (0.9, 0.9), u, y) + 0.08 * texture(house.seed + 1, (3.0, 0.35), u, y)
    wall = np.clip(grain, 0.4, None)[:, None] * np.array(house.wall)
    joint = np.exp(-((((y + FLOOR / 2) % FLOOR - FLOOR / 2) / 0.22) ** 2))
    warmth = street.air + 2.2 + 1.0 * joint + 0.35 * texture(house.seed + 2, (2.0, 2.0), u, y)
    pane = street.air + np.where(light.max(axis=-1) > 0, 6.5, -2.5)  # a dark pane mirrors the cold sky
    canvas.surface[mask] = Surface.BUILDING
    canvas.facing[mask] = facing
    x = np.full(u.shape, house.side * WALL) if house.side else u
    canvas.position[mask] = np.stack([x, y, z[mask]], axis=-1)
    canvas.albedo[mask] = np.where(window[:, None], 0.03, wall)
    canvas.emission[mask] = light
    canvas.celsius[mask] = np.where(window, pane, warmth)


def windows(house: Building, u: SceneField, y: SceneField) -> tuple[SceneMask, SceneField]:
    """Which points of a front are window, bool (N,), and how bright its room shines, float64 (N, 3)."""
    shop = house.shop & (y < FLOOR)
    pitch = np.where(shop, 3.2, 2.5)
    column, floor = np.floor((u - house.near) / pitch), np.floor(y / FLOOR)
    across, up = (u - house.near) / pitch - column - 0.5, y / FLOOR - floor
    wide, low, high = np.where(shop, 0.42, 0.22), np.where(shop, 0.16, 0.30), np.where(shop, 0.74, 0.78)
    pane = (np.abs(across) < wide) & (up > low) & (up < high) & (y < house.height - 0.5)
    pane &= shop | ((np.abs(across) > 0.018) & (np.abs(up - 0.62) > 0.012))
    table = np.random.default_rng(house.seed).random((64, 64, 2))
    chance = table[column.astype(int) % 64, floor.astype(int) % 64]
    color = np.where(shop[:, None], _ROOMS[2], _ROOMS[(chance[:, 1] * len(_ROOMS)).astype(int)])
    goods = 0.75 + 0.3 * texture(house.seed + 3, (0.30, 0.45), u, y) - 0.35 * (up < 0.38)
    curtain = 1 - 0.5 * (np.abs(across) > 0.14) * (chance[:, 1] * 7 % 1 > 0.5)
    level = np.where(shop, np.clip(goods, 0.15, 1), (0.25 + 0.75 * chance[:, 1]) * (0.4 + 0.7 * up) * curtain)
    lit = pane & ((chance[:, 0] < house.lit) | shop)
    return pane, np.where(lit[:, None], level[:, None] * color, 0.0)


def _paint_ground(canvas: Canvas, camera: Camera, street: Street) -> None:
    """The road with its markings and wheel tracks, and the pavements."""
    down = np.where(camera.upwards < -1e-9, -camera.upwards, np.nan)
    z = np.nan_to_num(camera.height / down, nan=np.inf, posinf=np.inf)
    reach = np.minimum(depth_of_walls(camera, -1), depth_of_walls(camera, 1))
    mask = z < np.minimum(reach, END)
    depth = np.broadcast_to(z, mask.shape)[mask]
    x = camera.x + np.broadcast_to(camera.across, mask.shape)[mask] * depth
    canvas.surface[mask] = Surface.ROAD
    canvas.facing[mask] = Facing.UP
    canvas.position[mask] = np.stack([x, 0 * x, depth], axis=-1)
    canvas.emission[mask] = 0.0
    canvas.albedo[mask] = _ground_albedo(street, x, depth)
    canvas.celsius[mask] = _ground_warmth(street, x, depth)


def _ground_albedo(street: Street, x: SceneField, z: SceneField) -> SceneField:
    paved, curb = np.abs(x) > CURB, np.abs(np.abs(x) - CURB) < 0.09
    slabs = paved & ((np.abs(x) % 0.8 < 0.05) | (z % 0.8 < 0.05))
    line = (np.abs(x) < 0.07) & (z % 6.0 < 3.0)
    fine, coarse = texture(street.seed + 2, (0.14, 0.3), x, z), texture(street.seed + 3, (1.1, 3.0), x, z)
    grain = 1 + 0.14 * fine + 0.12 * coarse
    grey = np.select([curb, slabs, paved, line], [0.32, 0.12, 0.20, 0.62], 0.105) * np.clip(grain, 0.3, None)
    color: SceneField = grey[:, None] * np.array([1.0, 0.98, 0.95])
    return color


def _ground_warmth(street: Street, x: SceneField, z: SceneField) -> SceneField:
    """Asphalt keeps the day's heat; wheels warm their tracks; puddles mirror the cold sky."""
    paved = np.abs(x) > CURB
    track = sum(np.exp(-(((np.abs(x) - middle) / 0.22) ** 2)) for middle in (1.05, 2.55))
    cover = np.hypot((x - 0.9) / 0.38, (z - 9.6) / 0.38) < 1  # of a sewer
    blotch = 0.5 * texture(street.seed + 4, (0.8, 2.2), x, z) + 0.25 * texture(street.seed + 5, (0.2, 0.4), x, z)
    warm = np.where(paved, 1.6, 3.2 + 0.9 * track) + blotch + 6.0 * cover
    temperature: SceneField = street.air + warm - 3.0 * wetness(street, x, z)
    return temperature


def wetness(street: Street, x: SceneField, z: SceneField) -> SceneField:
    """How wet the ground is, from 0 to 1: most in patches on the road."""
    patches = texture(street.seed + 6, (1.3, 3.4), x, z) + 0.5 * texture(street.seed + 7, (0.4, 1.0), x, z)
    soaked = 1 / (1 + np.exp(-4.0 * (patches + 1.6 * street.wetness - 0.9)))
    return street.wetness * soaked * np.where(np.abs(x) > CURB, 0.45, 1.0)

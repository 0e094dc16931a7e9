"""What stands upright in the street: people, cars and lamp posts, each painted at its depth."""

from __future__ import annotations

import numpy as np

from fusion.synthetic.night.scene_canvas import Camera, Canvas, Color, SceneField, SceneMask, Surface
from fusion.synthetic.night.street import CAR_LENGTH, Car, Lamp, Person, Street

HEADLIGHT = 0.62, 0.66  # metres: from the car's middle, above the road
_HEADLIGHT_GLOW: Color = (330.0, 320.0, 297.0)
_TAILLIGHT_GLOW: Color = (9.0, 0.35, 0.22)
_BLACK: Color = (0.0, 0.0, 0.0)
_SKIN: Color = (0.42, 0.28, 0.21)
_HAIR: Color = (0.05, 0.04, 0.03)
_GLASS: Color = (0.03, 0.035, 0.04)
_RUBBER: Color = (0.02, 0.02, 0.02)
_STEEL: Color = (0.16, 0.17, 0.17)
_SLICES = 16  # of a car, from end to end


def paint_figures(canvas: Canvas, camera: Camera, street: Street) -> None:
    """Paint everything that stands in the street, the farthest first."""
    everything: list[Lamp | Car | Person] = [*street.lamps, *street.cars, *street.persons]
    for each in sorted(everything, key=lambda each: -each.z):
        if isinstance(each, Car):
            _paint_car(canvas, camera, each, street.air)
        elif isinstance(each, Person):
            _paint_person(canvas, camera, each, street.air)
        else:
            _paint_lamp(canvas, camera, each, street)


def _stroke(
    x: SceneField, y: SceneField, start: tuple[float, float], end: tuple[float, float], radius: float
) -> SceneField:
    """How deep each point lies inside a stroke with round ends, in metres; negative outside."""
    along = end[0] - start[0], end[1] - start[1]
    across, up = x - start[0], y - start[1]
    share = np.clip((across * along[0] + up * along[1]) / (along[0] ** 2 + along[1] ** 2), 0, 1)
    return radius - np.hypot(across - share * along[0], up - share * along[1])


def _paint_person(canvas: Canvas, camera: Camera, person: Person, air: float) -> None:
    """Legs, arms, coat and head; bare skin is warmest, clothes less, every edge a little less."""
    scale = person.height / 1.75
    box = camera.box(person.x - 0.6, person.x + 0.6, 1.1 * person.height, person.z)
    x, y = camera.plane(box, person.z)
    x, y = (x - person.x) / scale, y / scale
    coat, trousers, skin = (person.coat, air + 9.5), (person.trousers, air + 11.0), (_SKIN, 31.0)
    head = (person.coat if person.hat else _HAIR), air + 13.0
    step, left, right = person.stride, 0.4 * person.stride - 0.27, 0.4 * person.stride + 0.27
    parts = (
        ((-0.08, 0.86), (-step, 0.07), 0.085, trousers),
        ((-step, 0.05), (-step + 0.09, 0.05), 0.055, trousers),
        ((0.08, 0.86), (step, 0.07), 0.085, trousers),
        ((step, 0.05), (step + 0.09, 0.05), 0.055, trousers),
        ((-0.22, 1.36), (left, 0.90), 0.062, coat),
        ((left, 0.86), (left, 0.82), 0.05, skin),
        ((0.22, 1.36), (right, 0.90), 0.062, coat),
        ((right, 0.86), (right, 0.82), 0.05, skin),
        ((0.0, 0.80), (0.0, 1.25), 0.19, coat),
        ((-0.15, 1.36), (0.15, 1.36), 0.095, coat),
        ((0.0, 1.45), (0.0, 1.53), 0.055, skin),
        ((0.0, 1.63), (0.0, 1.66), 0.095, head),
        ((0.01, 1.58), (0.01, 1.63), 0.083, skin),
    )
    for start, end, radius, (color, celsius) in parts:
        depth = _stroke(x, y, start, end, radius)
        slant = 1 - np.clip(depth / (0.6 * radius), 0, 1)  # skin seen at a slant radiates less
        albedo = np.array(color) * (1 - 0.35 * slant[..., None])
        canvas.paint(
            camera, box, depth > 0, person.surface, person.z, albedo=albedo, celsius=celsius - 3.0 * slant
        )


def _paint_car(canvas: Canvas, camera: Camera, car: Car, air: float) -> None:
    """Slices from its far end to its near end, which shows lights, tyres and engine."""
    for place in np.linspace(CAR_LENGTH, 0, _SLICES):
        front = place if car.oncoming else CAR_LENGTH - place
        _paint_slice(canvas, camera, car, air, (car.z + float(place), float(front)))
    _paint_end_of_car(canvas, camera, car, air)


def _roof(front: float) -> float:
    """Height of a car ``front`` metres behind its front bumper."""
    places, heights = [0, 0.15, 1.05, 1.95, 3.2, 3.95, CAR_LENGTH], [0.72, 0.80, 0.98, 1.43, 1.45, 1.04, 0.92]
    return float(np.interp(front, places, heights))


def _paint_slice(canvas: Canvas, camera: Camera, car: Car, air: float, place: tuple[float, float]) -> None:
    """One cross-section at a depth, so many metres behind the front bumper."""
    z, front = place
    box = camera.box(car.x - 1, car.x + 1, 1.6, z)
    x, y = camera.plane(box, z)
    x = np.abs(x - car.x)
    roof = _roof(front)
    body, glass = _section(x, y, roof)
    if 1.05 < front < 1.95 or 3.2 < front < 3.95:  # windscreen and rear window
        glass |= body & (y > roof - 0.25) & (x < 0.66)
    axle = min(abs(front - 0.8), abs(front - 3.5)) < 0.3
    tyre = (np.abs(x - 0.76) < 0.10) & (y < 0.60) & (y > 0.0) & axle
    top = np.clip((y - roof + 0.10) / 0.10, 0, 1)  # faces lamps and the cold sky
    albedo = np.array(car.paint) * (0.8 + 0.9 * top[..., None])
    engine = 10.0 * np.exp(-(((front - 0.6) / 0.7) ** 2)) if car.running else 0.0
    celsius = air + engine - (3.0 * top if front > 1.0 else 0.0)
    canvas.paint(camera, box, body, Surface.VEHICLE, z, albedo=albedo, celsius=celsius)
    pane, rubber = (3.0, 11.0) if car.running else (-3.0, 0.0)
    canvas.paint(camera, box, glass, Surface.VEHICLE, z, albedo=_GLASS, celsius=air + pane)
    canvas.paint(camera, box, tyre, Surface.VEHICLE, z, albedo=_RUBBER, celsius=air + rubber)


def _section(x: SceneField, y: SceneField, roof: float) -> tuple[SceneMask, SceneMask]:
    """Whole and side windows of a slice whose roof is ``roof`` metres high: bool (h, w) each."""
    waist = 0.97
    width = np.where(y < waist, 0.87 - 0.10 * np.clip((0.45 - y) / 0.2, 0, 1), 0.87 - 0.42 * (y - waist))
    body = (x < width) & (y > 0.24) & (y < roof - 0.10 * (x / 0.87) ** 4)
    return body, body & (y > waist + 0.03) & (y < roof - 0.09)


def _paint_end_of_car(canvas: Canvas, camera: Camera, car: Car, air: float) -> None:
    """Tyres under the bumper, grille or exhaust, plate, and lights where they burn."""
    box = camera.box(car.x - 1, car.x + 1, 1.6, car.z)
    x, y = camera.plane(box, car.z)
    side, (across, height) = np.abs(x - car.x), HEADLIGHT
    lights = _stroke(side, y, (across - 0.06, height), (across + 0.06, height), 0.085) > 0
    burning = _HEADLIGHT_GLOW if car.oncoming else _TAILLIGHT_GLOW
    grille, exhaust = (side < 0.48) & (np.abs(y - 0.60) < 0.09), np.hypot(x - car.x + 0.5, y - 0.27) < 0.07
    heat = (13.0, 18.0 if car.oncoming else 45.0, 7.0) if car.running else (0.0, 0.0, -1.0)
    parts = (
        ((np.abs(side - 0.72) < 0.12) & (y < 0.34) & (y > 0), _RUBBER, heat[0], _BLACK),
        (grille if car.oncoming else exhaust, _RUBBER, heat[1], _BLACK),
        ((side < 0.26) & (np.abs(y - 0.47) < 0.06), (0.6, 0.6, 0.55), 0.0, _BLACK),
        (lights, (0.35, 0.35, 0.35), heat[2], burning if car.running else _BLACK),
    )
    for mask, albedo, warmer, glow in parts:
        canvas.paint(camera, box, mask, Surface.VEHICLE, car.z, albedo=albedo, celsius=air + warmer, emission=glow)


def _paint_lamp(canvas: Canvas, camera: Camera, lamp: Lamp, street: Street) -> None:
    """A pole that has cooled below the air, and a head that its light has warmed."""
    across, height, z = lamp.head
    box = camera.box(min(lamp.x, across) - 0.6, max(lamp.x, across) + 0.6, height + 0.5, z)
    x, y = camera.plane(box, z)
    pole = _stroke(x, y, (lamp.x, 0.0), (lamp.x, height - 0.1), 0.075)
    arm = _stroke(x, y, (lamp.x, height - 0.1), (across, height + 0.12), 0.05)
    head = _stroke(x, y, (across - 0.24, height + 0.06), (across + 0.24, height + 0.06), 0.12)
    shine = _stroke(x, y, (across - 0.22, height), (across + 0.22, height), 0.09)
    red, green, blue = street.lamplight
    parts = (
        (np.maximum(pole, arm), _STEEL, -1.5, _BLACK),
        (head, _STEEL, 24.0, _BLACK),
        (shine, _BLACK, 27.0, (16 * red, 16 * green, 16 * blue)),
    )
    for depth, albedo, warmer, glow in parts:
        canvas.paint(
            camera, box, depth > 0, Surface.LAMP, z, albedo=albedo, celsius=street.air + warmer, emission=glow
        )

"""The drawn anatomy of a phantom's head, rasterised to one tissue label a point.

Positions are millimetres from the head's centre: x to the picture's right, y towards the back of the head.
Every noise field lives on knots fixed in millimetres, so one seed is one head at any size.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from fusion.synthetic.tissue import Tissue

TissueField = NDArray[np.float64]
Labels = NDArray[np.uint8]
TissueMask = NDArray[np.bool_]

FIELD_OF_VIEW = 256.0  # mm


class Plane(NamedTuple):
    """Where the sampling points lie: x and y of every point, float64 (N, N), in millimetres."""

    x: TissueField
    y: TissueField


def _between(low: float, high: float) -> float:
    """Declare a field that every head draws uniformly from low to high."""
    declared: float = field(metadata={"range": (low, high)})
    return declared


@dataclass(frozen=True)
class Anatomy:
    """What makes one head differ from the next, in mm unless noted, with the range it is drawn from."""

    half_width: float = _between(73, 85)
    elongation: float = _between(1.15, 1.3)  # length over width
    rotation: float = _between(-0.12, 0.12)  # rad
    scalp: float = _between(3.5, 6.5)
    temple: float = _between(2, 7)
    skull: float = _between(5, 7.5)
    fluid_rim: float = _between(1.2, 3)
    cortex: float = _between(3, 3.8)
    fold_depth: float = _between(17, 24)
    sulcus: float = _between(0.8, 1.6)  # half its width at the surface
    ventricle: float = _between(0.7, 1.7)  # 1 is usual, more is wider
    pinch: float = _between(0, 1)  # 0: ventricle bodies; 1: lower, where the thalami part them
    tumour_x: float = _between(26, 36)
    tumour_y: float = _between(-38, 40)
    core: float = _between(8, 15)
    rim: float = _between(4, 6.5)
    oedema: float = _between(9, 20)

    @property
    def half_length(self) -> float:
        """From the head's centre to the forehead, in mm."""
        return self.half_width * self.elongation

    @classmethod
    def draw(cls, rng: Generator) -> Anatomy:
        """Draw every length of a head at random."""
        return cls(**{each.name: rng.uniform(*each.metadata["range"]) for each in fields(cls)})


def axis(points: int) -> TissueField:
    """Place the sampling points along one side of the field of view: float64 (points,), in mm."""
    return ((np.arange(points) + 0.5) / points - 0.5) * FIELD_OF_VIEW


def smooth_noise(rng: Generator, points: int, scale: float) -> TissueField:
    """Draw a smooth random field (points, points) of unit variance that changes over `scale` mm."""
    knots = np.arange(-FIELD_OF_VIEW / 2 - 2 * scale, FIELD_OF_VIEW / 2 + 2 * scale, scale)
    weights = np.exp(-(((axis(points)[:, None] - knots) / scale) ** 2))
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return weights @ rng.standard_normal((knots.size, knots.size)) @ weights.T


def _length_of_gradient(field: TissueField) -> TissueField:
    """Measure how steep a field (N, N) over the field of view is, per millimetre."""
    down, across = np.gradient(field, FIELD_OF_VIEW / field.shape[0])
    length: TissueField = np.hypot(down, across) + 1e-9
    return length


def tissue_labels(anatomy: Anatomy, points: int, rng: Generator) -> Labels:
    """Decide which tissue fills every point: uint8 (N, N) of `Tissue`, outer layers first."""
    x, y = np.meshgrid(axis(points) * rng.choice([-1, 1]), axis(points))  # either side may be ill
    turned = _turned(Plane(x, y), anatomy.rotation)
    depth = _depth_under_skin(anatomy, turned, rng)
    scalp = _scalp_thickness(anatomy, turned, rng)
    labels = _head_layers(anatomy, depth, scalp, rng)
    brain = labels == Tissue.FLUID
    inner = _deformed(anatomy, turned, rng)
    _paint_brain(labels, brain, anatomy, depth - scalp - anatomy.skull, inner, rng)
    _paint_deep_structures(labels, anatomy, inner)
    _paint_tumour(labels, brain, anatomy, turned, rng)
    return labels


def _turned(plane: Plane, angle: float) -> Plane:
    cos, sin = np.cos(angle), np.sin(angle)
    return Plane(cos * plane.x + sin * plane.y, cos * plane.y - sin * plane.x)


def _deformed(anatomy: Anatomy, plane: Plane, rng: Generator) -> Plane:
    """Bend the plane so that nothing is symmetric and the tumour pushes its surroundings away."""
    points = plane.x.shape[0]
    away_x, away_y = plane.x - anatomy.tumour_x, plane.y - anatomy.tumour_y
    reach = anatomy.core + anatomy.rim + anatomy.oedema / 2
    push = 0.35 * np.exp(-(away_x**2 + away_y**2) / (2 * reach**2))
    bend_x, bend_y = (
        2.2 * smooth_noise(rng, points, 35.0) + 1.1 * smooth_noise(rng, points, 9.0) for _ in range(2)
    )
    return Plane(plane.x - push * away_x + bend_x, plane.y - push * away_y + bend_y)


def _depth_under_skin(anatomy: Anatomy, plane: Plane, rng: Generator) -> TissueField:
    """Measure how far inside the head every point lies, in mm; negative outside."""
    taper = 1 + 0.08 * plane.y / anatomy.half_length  # heads are narrower at the forehead
    across, along = np.abs(plane.x / (anatomy.half_width * taper)), np.abs(plane.y / anatomy.half_length)
    reach = (across**2.2 + along**2.2) ** (1 / 2.2)
    depth = (1 - reach) / _length_of_gradient(reach)
    return depth + 1.2 * smooth_noise(rng, plane.x.shape[0], 40.0)


def _scalp_thickness(anatomy: Anatomy, plane: Plane, rng: Generator) -> TissueField:
    """Measure skin and fat together, in mm; the temples bulge with the chewing muscles."""
    temple = np.exp(-(((plane.y + 25.0) / 24.0) ** 2) - ((np.abs(plane.x) / anatomy.half_width - 1) / 0.3) ** 2)
    uneven = np.clip(smooth_noise(rng, plane.x.shape[0], 25.0), -1.5, 1.5)
    return anatomy.scalp + 0.8 * uneven + anatomy.temple * temple


def _head_layers(anatomy: Anatomy, depth: TissueField, scalp: TissueField, rng: Generator) -> Labels:
    """Lay skin, fat, muscle, the two bone tables with marrow between, and fluid below: uint8 (N, N)."""
    points = depth.shape[0]
    skin = 1.4 + 0.25 * smooth_noise(rng, points, 12.0)
    fat = anatomy.scalp + 1.2 * smooth_noise(rng, points, 12.0)
    outer = scalp + anatomy.skull * (0.33 + 0.08 * smooth_noise(rng, points, 9.0))
    inner = scalp + anatomy.skull * (0.67 + 0.08 * smooth_noise(rng, points, 9.0))
    labels = np.full(depth.shape, Tissue.AIR, np.uint8)
    labels[depth > 0] = Tissue.SKIN
    labels[depth > skin] = Tissue.FAT
    labels[(depth > skin) & (depth > fat)] = Tissue.MUSCLE
    labels[depth > scalp] = Tissue.BONE
    labels[(depth > outer) & (depth < inner)] = Tissue.MARROW
    labels[depth > scalp + anatomy.skull] = Tissue.FLUID
    return labels


def _paint_brain(
    labels: Labels, brain: TissueMask, anatomy: Anatomy, depth: TissueField, inner: Plane, rng: Generator
) -> None:
    """Fold the cortex: fluid in the sulci, a ribbon of grey matter along all fluid, white matter within."""
    points = labels.shape[0]
    behind_callosum = np.abs(inner.y - 2.0) - 36.0  # the hemispheres are joined between
    midline = np.hypot(inner.x, np.minimum(behind_callosum, 0.0))
    fold_depth = anatomy.fold_depth * (1 + 0.3 * smooth_noise(rng, points, 18.0))
    surface = np.minimum(depth - anatomy.fluid_rim, midline)
    width = anatomy.sulcus * np.clip(1 + 0.5 * smooth_noise(rng, points, 10.0), 0.0, 2.5)
    to_fold = _distance_to_folds(inner, anatomy, rng)
    fluid = (surface < 0) | (midline < 0.9) | (to_fold < width * (1 - surface / fold_depth))
    pial = fluid | ((to_fold < 0.5) & (surface < fold_depth))  # a shut sulcus is lined with cortex too
    to_pial = ndimage.distance_transform_edt(~pial & brain) * FIELD_OF_VIEW / points
    ribbon = anatomy.cortex * (1 + 0.15 * smooth_noise(rng, points, 8.0))
    labels[brain & ~fluid] = Tissue.WHITE
    labels[brain & ~fluid & (to_pial < ribbon)] = Tissue.CORTEX
    labels[brain & (midline < 0.5) & (behind_callosum > 6)] = Tissue.FALX


def _distance_to_folds(inner: Plane, anatomy: Anatomy, rng: Generator) -> TissueField:
    """Measure the distance (mm) to the nearest sulcal line: the zero level of a noise stretched inwards."""
    angle = np.arctan2(inner.y / anatomy.half_length, inner.x / anatomy.half_width)
    radius = np.hypot(inner.y / anatomy.half_length, inner.x / anatomy.half_width)
    table = ndimage.gaussian_filter(rng.standard_normal((160, 10)), 1.0, mode="wrap")
    at = np.stack([(angle / (2 * np.pi)) % 1 * 160, radius * 9])
    noise = ndimage.map_coordinates(table, at, order=3, mode="grid-wrap")
    between = np.exp(-((inner.x / 17.0) ** 2))  # beside the falx, sulci wind instead of pointing inwards
    noise += between * (smooth_noise(rng, noise.shape[0], 7.0) * noise.std() - noise)
    distance: TissueField = np.abs(noise) / _length_of_gradient(noise)
    return distance


def _paint_deep_structures(labels: Labels, anatomy: Anatomy, inner: Plane) -> None:
    """Place the deep nuclei, the butterfly of the lateral ventricles and the third ventricle."""
    x, y = np.abs(inner.x), inner.y
    along = (y - 2.0) / 34.0
    centre = 2.5 + 3 * anatomy.ventricle + np.where(along < 0, 9.0, 17.0) * along**2
    waist = 1 - 0.85 * anatomy.pinch * np.exp(-((along / 0.45) ** 2))
    half = anatomy.ventricle * 5.0 * waist * np.sqrt(np.clip(1 - along**2, 0, None))
    size = 0.7 + 0.35 * anatomy.pinch
    nuclei = ((10.0, 9.0, 7.5, 11.0, 0.3), (13.0, -19.0, 4.5, 9.0, 0.3), (25.0, -3.0, 6.0, 14.0, -0.25))
    for at_x, at_y, across, long, tilt in nuclei:
        near = _turned(Plane(x - at_x, y - at_y), tilt)
        nucleus = (near.x / across) ** 2 + (near.y / long) ** 2 < size**2
        labels[nucleus & (labels != Tissue.AIR)] = Tissue.NUCLEUS
    third = (x < 1.5 * anatomy.ventricle * anatomy.pinch) & (np.abs(y - 7.0) < 9.0)
    labels[third | (np.abs(x - centre) < half)] = Tissue.VENTRICLE


def _paint_tumour(labels: Labels, brain: TissueMask, anatomy: Anatomy, plane: Plane, rng: Generator) -> None:
    """Grow the glioma: necrosis, an enhancing rim of uneven width, oedema that spares the cortex."""
    points = labels.shape[0]
    distance = np.hypot(plane.x - anatomy.tumour_x, plane.y - anatomy.tumour_y)
    uneven = 3.4 * smooth_noise(rng, points, 11.0) + 0.9 * smooth_noise(rng, points, 4.0)
    ragged = distance + uneven * np.minimum(distance / anatomy.core, 1.0)  # the centre stays necrotic
    rim = anatomy.rim * (1 + 0.4 * np.clip(smooth_noise(rng, points, 9.0), -1.8, 2))
    fingers = distance + 5.0 * smooth_noise(rng, points, 13.0) + 1.0 * smooth_noise(rng, points, 4.0)
    labels[(fingers < anatomy.core + anatomy.rim + anatomy.oedema) & (labels == Tissue.WHITE)] = Tissue.OEDEMA
    labels[brain & (ragged < anatomy.core + rim)] = Tissue.RIM
    labels[brain & (ragged < anatomy.core)] = Tissue.CORE

"""CAMF for infrared and visible light: the network of the medical one, with weights of its own."""

from __future__ import annotations

from fusion.method.registry import register
from fusion.networks.camf import CAMF


@register(
    name="CAMF infrared–visible",
    reference="Tang et al., IEEE TMM 2023, doi 10.1109/TMM.2023.3326296",
    summary="CAMF for a visible and an infrared picture: each feature counts by how well it tells the two apart.",
    order=51,
    bounds=(0.0, 1.0),
    trainer="fusion.cli.train_camf",
)
class InfraredCAMF(CAMF):
    """`CAMF` with a classifier that tells visible light from infrared, as in the paper."""

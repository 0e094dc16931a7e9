"""Does every stage of an unfolded network come nearer to its objective, and what is each part for?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fusion.data.pairs import ImagePair
from fusion.method.inference import as_tensors
from fusion.networks.uaafusion import UAAFusion
from fusion.training.uaafusion_objective import JointObjective, fusion_losses

WHOLE = "whole"
"""What the network with all its parts is called beside its variants."""


@dataclass(frozen=True, eq=False)
class StageRow:
    """The objective of each stage's image, for a network or one of its variants.

    Attributes
    ----------
    name : str
    values : float64 (pairs, STAGES + 1)
        0 or more; the first column is that of the start, the mean of both images.
    """

    name: str
    values: NDArray[np.float64]

    @property
    def means(self) -> NDArray[np.float64]:
        """Over the pairs, (STAGES + 1,)."""
        means: NDArray[np.float64] = self.values.mean(axis=0)
        return means

    @property
    def descents(self) -> NDArray[np.int64]:
        """In how many pairs each stage is nearer to the objective than the one before, (STAGES,)."""
        lowered: NDArray[np.int64] = (np.diff(self.values, axis=1) < 0).sum(axis=0)
        return lowered

    def worse_than(self, other: StageRow) -> int:
        """In how many pairs the last stage is farther from the objective than another row's."""
        return int((self.values[:, -1] > other.values[:, -1]).sum())


def stage_study(
    network: UAAFusion,
    pairs: Iterable[ImagePair],
    objective: JointObjective,
    done: Callable[[], object] = lambda: None,
) -> tuple[StageRow, ...]:
    """How far is every stage from the objective: the whole network first, then without each of its parts?

    All are measured by one objective, whose weights are the whole network's attribution. Its segmentation,
    which needs labels, is left out. A network that was trained without a part is measured as it is.
    """
    networks = {WHOLE: network, **({} if network.left_out else network.variants())}
    found: Mapping[str, list[list[float]]] = {name: [] for name in networks}
    for pair in pairs:
        for name, values in _of_pair(networks, pair, objective).items():
            found[name].append(values)
        done()
    return tuple(StageRow(name, np.array(values)) for name, values in found.items())


def _of_pair(
    networks: Mapping[str, UAAFusion], pair: ImagePair, objective: JointObjective
) -> dict[str, list[float]]:
    first, second = as_tensors(networks[WHOLE], pair)
    with torch.no_grad():
        weights = networks[WHOLE].weigh(first, second, differentiable=False)
        stages = {
            name: network.unfold(first, second, weights, differentiable=False).stages
            for name, network in networks.items()
        }
        return {
            name: [objective.fusion(fusion_losses(first, second, image, weights.first)).item() for image in images]
            for name, images in stages.items()
        }

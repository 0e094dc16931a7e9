"""What UAAFusion is trained for: fused images that keep what attribution weighs, and that segment well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from fusion.synthetic.labels import UNLABELLED

LEAST_DESCENT = 0.02
"""What share of its objective each stage is asked to lower."""


@dataclass(frozen=True)
class JointObjective:
    """How much each part counts beside the two weighted squares.

    Attributes
    ----------
    gradient : float
        Of the gradients' distance. The paper's is 1. Sobel's sums are several times the images' differences, and
        an MRI is sharper than a PET nearly everywhere: with 1, a copy of the MRI came nearer to the minimum than
        what attribution asks for, whatever attribution said; with 0.1 the parts are of one size.
    segmentation : float
        Of the cross-entropy (UAAFusion).
    earlier : float
        How much a stage counts of the one after it, in [0, 1]. With 0 only the last stage is asked for anything,
        as in the paper: the earlier ones went anywhere, three of five away from what attribution asks for.
    descent : float
        Of the amount by which a stage's image is farther from the objective, without its segmentation, than
        1 - `LEAST_DESCENT` times the image before it. With 0 the last two of five stages rose again on unseen
        pairs: they gave up some of it for the segmentation.
    """

    gradient: float = 0.1
    segmentation: float = 0.1
    earlier: float = 0.5
    descent: float = 2.0

    def fusion(self, losses: FusionLosses) -> Tensor:
        """The objective of each fused image (N,), without its segmentation."""
        return losses.first + losses.second + self.gradient * losses.gradient


@dataclass(frozen=True)
class FusionLosses:
    """How far images are from what fused ones should be, a value for each, (N,), 0 or more.

    Attributes
    ----------
    first, second : Tensor
        Mean squares of w1·(x1 − f) and of w2·(x2 − f).
    gradient : Tensor
        Mean distance between the fused image's gradient and the greater of the sources'.
    """

    first: Tensor
    second: Tensor
    gradient: Tensor


@dataclass(frozen=True)
class JointLosses:
    """The parts of UAAFusion's objective.

    Attributes
    ----------
    start : FusionLosses
        Of the image before the first stage.
    stages : sequence of FusionLosses
        Of each stage's image, in their order.
    segmented : sequence of Tensor
        Cross-entropy of the segmenter on each stage's image, numbers (0-d tensors). Asked of the last stage
        alone, it drew that one away from the rest of the objective, which four stages had approached.
    sources : Tensor
        Cross-entropy of the segmenter on both sources, added up.
    """

    start: FusionLosses
    stages: Sequence[FusionLosses]
    segmented: Sequence[Tensor]
    sources: Tensor

    @property
    def segmentation(self) -> Tensor:
        """Cross-entropy on the last stage's image and both sources, added up (UAAFusion)."""
        return self.segmented[-1] + self.sources

    def total(self, objective: JointObjective) -> Tensor:
        """What the training lowers: the stages' objectives, weighted, their rise, and the sources' entropies."""
        counts = [objective.earlier**after for after in reversed(range(len(self.stages)))]
        parts = [
            count * (objective.fusion(stage).mean() + objective.segmentation * entropy)
            for count, stage, entropy in zip(counts, self.stages, self.segmented, strict=True)
        ]
        asked = torch.stack(parts).sum() / sum(counts) + objective.segmentation * self.sources
        return asked + objective.descent * self.rise(objective)

    def rise(self, objective: JointObjective) -> Tensor:
        """By how much stages miss the descent they are asked for, added up; mean over the images.

        The image before a stage is a constant here: no stage gets worse so that the next one may descend.
        """
        values = torch.stack([objective.fusion(each) for each in (self.start, *self.stages)])
        return (values[1:] - (1 - LEAST_DESCENT) * values[:-1].detach()).relu().sum(dim=0).mean()


def fusion_losses(first: Tensor, second: Tensor, fused: Tensor, weight: Tensor) -> FusionLosses:
    """How far is ``fused`` from what both sources, the first weighed by ``weight``, ask for? (N, 1, H, W) each."""
    return FusionLosses(
        first=weighted_square(first, fused, weight),
        second=weighted_square(second, fused, 1 - weight),
        gradient=gradient_distance(first, second, fused),
    )


def weighted_square(source: Tensor, fused: Tensor, weight: Tensor) -> Tensor:
    """Mean of (w·(x − f))² over each picture, (N,); takes (N, 1, H, W).

    Examples
    --------
    >>> zeros, ones = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    >>> weighted_square(ones, zeros, ones / 2).item()
    0.25
    """
    return (weight * (source - fused)).square().mean(dim=(1, 2, 3))


def gradient_distance(first: Tensor, second: Tensor, fused: Tensor) -> Tensor:
    """Mean absolute difference between |∇f| and the greater of |∇x1| and |∇x2|, by Sobel, of each picture (N,).

    Examples
    --------
    >>> edge = torch.zeros(1, 1, 4, 4)
    >>> edge[..., 2:] = 1
    >>> gradient_distance(edge, edge / 2, edge).item()
    0.0
    """
    return (steepness(fused) - torch.maximum(steepness(first), steepness(second))).abs().mean(dim=(1, 2, 3))


def steepness(image: Tensor) -> Tensor:
    """|∂rows| + |∂cols| by Sobel's kernels, (N, 1, H, W); the border is continued."""
    across = image.new_tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    kernels = torch.stack((across, across.T)).unsqueeze(1)
    return F.conv2d(F.pad(image, (1, 1, 1, 1), mode="replicate"), kernels).abs().sum(dim=1, keepdim=True)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of logits (N, K, H, W) over the labelled pixels of (N, H, W); 0 without any."""
    known = (labels != UNLABELLED).sum().clamp(min=1)
    return F.cross_entropy(logits, labels, ignore_index=UNLABELLED, reduction="sum") / known

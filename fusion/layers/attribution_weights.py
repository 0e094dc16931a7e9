"""What a segmenter's decision rests on: integrated gradients by class region (Sundararajan et al. 2017).

Regions are the segmenter's own: at use nobody labels a pair. Where ``differentiable`` is False, results are
constants, and gradients are found whatever the caller's mode; else they carry their own graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

STEPS = 5
"""Points on the path from black to the picture."""
LEAST_SCORE = 1e-2
"""Added to what each source explains of a class score, in logits: where neither explains any, both weigh ½."""


@dataclass(frozen=True, eq=False)
class Weights:
    """How much each source counts, pixel by pixel, and what that rests on.

    Attributes
    ----------
    regions : (N, K, H, W) of 0 and 1
        The class regions; every pixel is in exactly one.
    gradients_first, gradients_second : (n, N, K, H, W)
        Image times gradient of each class's mean score inside its region, at the n points of each path. Their
        mean over the points are the integrated gradients.
    first : (N, 1, H, W) in [0, 1]
        The first source's weight.
    """

    regions: Tensor
    gradients_first: Tensor
    gradients_second: Tensor
    first: Tensor

    @property
    def second(self) -> Tensor:
        """The second source's weight (N, 1, H, W): what is missing from the first's to 1."""
        return 1 - self.first


def class_regions(segmenter: nn.Module, first: Tensor, second: Tensor) -> Tensor:
    """Which class is each pixel, by the mean of the segmenter's probabilities on both sources?

    Returns (N, K, H, W) of the inputs' type: 1 inside a class's region, else 0; constants.
    """
    with torch.no_grad():
        logits = segmenter(torch.cat((first.detach(), second.detach())))
        likely = logits.softmax(dim=1).unflatten(0, (2, -1)).mean(0).argmax(dim=1, keepdim=True)
        return torch.zeros_like(logits[: len(first)]).scatter_(1, likely, 1.0)


def attribution_weights(
    segmenter: nn.Module, first: Tensor, second: Tensor, *, differentiable: bool, steps: int = STEPS
) -> Weights:
    """How much does each source contribute to recognising each pixel's class? (UAAFusion, attribution weights)

    For each source and class: the gradients of the class's mean score inside its region at ``steps`` points
    from black to the source, times the source, summed over the region, negative sums cut off, averaged over
    the points. The paper spreads that over the region as its mean; both sources share a region, so its area
    cancels in w1 = a1 / (a1 + a2). A class without a region contributes nothing.
    """
    regions = class_regions(segmenter, first, second)
    both = torch.cat((first, second))
    gradients = path_gradients(
        segmenter, both, torch.cat((regions, regions)), differentiable=differentiable, steps=steps
    )
    of_first, of_second = gradients.unflatten(1, (2, -1)).unbind(1)
    explained_first, explained_second = (explained(each, regions) for each in (of_first, of_second))
    return Weights(regions, of_first, of_second, first_weight(explained_first, explained_second, regions))


def first_weight(explained_first: Tensor, explained_second: Tensor, regions: Tensor) -> Tensor:
    """The first source's weight (N, 1, H, W), from what each explains (N, K) in the regions (N, K, H, W)."""
    share = (explained_first + LEAST_SCORE) / (explained_first + explained_second + 2 * LEAST_SCORE)
    return (regions * share[..., None, None]).sum(dim=1, keepdim=True)


def explained(gradients: Tensor, regions: Tensor) -> Tensor:
    """How much of each class's score does its own region explain, in logits? (N, K), 0 or more.

    Takes what `path_gradients` gives, (n, N, K, H, W), and the regions (N, K, H, W).
    """
    return (gradients * regions).sum(dim=(-2, -1)).relu().mean(dim=0)


def explained_terms(
    segmenter: nn.Module, image: Tensor, regions: Tensor, point: int, steps: int = STEPS
) -> Iterator[tuple[int, Tensor]]:
    """What one point of the path adds to `explained`, class by class, each with its graph back to ``image``.

    A class without a region explains nothing and is left out. One class's graph is there at a time.

    Parameters
    ----------
    image : (1, 1, H, W)
        To be differentiated for, in a mode in which gradients are recorded.
    regions : (1, K, H, W) of 0 and 1
    point : int
        From 0 to ``steps`` - 1.
    """
    path = (point + 0.5) / steps * image
    scores = mean_scores(segmenter(path), regions)
    for number in classes_in(regions):
        (gradient,) = torch.autograd.grad(scores[0, number], path, create_graph=True)
        yield number, (gradient * image * regions[:, number : number + 1]).sum().relu() / steps


def classes_in(regions: Tensor) -> list[int]:
    """The numbers of the classes that have a region in any picture (N, K, H, W)."""
    present: list[int] = regions.any(dim=0).flatten(1).any(dim=1).nonzero().flatten().tolist()
    return present


def path_gradients(
    segmenter: nn.Module, image: Tensor, regions: Tensor, *, differentiable: bool, steps: int = STEPS
) -> Tensor:
    """Image times gradient of each class's mean score inside its region, along the way from black to ``image``.

    Parameters
    ----------
    image : (N, 1, H, W)
    regions : (N, K, H, W) of 0 and 1
    steps : int
        Points on the path, at the middle of equal parts.

    Returns
    -------
    (steps, N, K, H, W)
        Averaged over the steps, these are the integrated gradients: summed over the picture they tend to the
        change of the score from black to ``image`` as ``steps`` grows (completeness).
    """
    points = (torch.arange(steps, dtype=image.dtype, device=image.device) + 0.5) / steps
    source = image if differentiable else image.detach()
    with torch.enable_grad():
        path = (points.view(-1, 1, 1, 1, 1) * source).flatten(0, 1)
        path = path if path.requires_grad else path.requires_grad_()
        scores = mean_scores(segmenter(path), regions.repeat(steps, 1, 1, 1))
        gradients = torch.zeros_like(regions).repeat(steps, 1, 1, 1)
        present = classes_in(regions)
        by_class = [
            torch.autograd.grad(scores[:, number].sum(), path, create_graph=differentiable, retain_graph=True)[0]
            if number in present
            else gradients[:, :1]
            for number in range(regions.shape[1])
        ]
    along_path: Tensor = torch.cat(by_class, dim=1).unflatten(0, (steps, -1)) * source
    return along_path


def mean_scores(logits: Tensor, regions: Tensor) -> Tensor:
    """Each class's mean logit inside its region, (N, K); 0 for a class without a region."""
    area = regions.sum(dim=(-2, -1)).clamp(min=1)
    return (logits * regions).sum(dim=(-2, -1)) / area


def path_leg(
    segmenter: nn.Module, here: Tensor, before: Tensor, regions: Tensor, *, differentiable: bool
) -> Tensor:
    """What did each pixel's change from ``before`` to ``here`` do for the class scores? (N, 1, H, W), in logits.

    One leg of the unfolding's own path integral (UAAFusion, pathway function): the gradient of the classes'
    scores, each counted in its region, at ``here``, times the change. The sum of the scores is taken where
    the paper takes their mean, which falls with the picture's area and would leave the gate flat.
    """
    point, past = (here, before) if differentiable else (here.detach(), before.detach())
    with torch.enable_grad():
        point = point if point.requires_grad else point.requires_grad_()
        total = (segmenter(point) * regions).sum()
        (slope,) = torch.autograd.grad(total, point, create_graph=differentiable)
    leg = slope * (point - past)
    return leg if differentiable else leg.detach()

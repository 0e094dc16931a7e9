"""UAAFusion's inside as pictures: attribution by class, how the image unfolded, what was attended to."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fusion.layers.attribution_weights import Weights, explained
from fusion.method.inner_views import InnerView, pictures
from fusion.synthetic.labels import CLASSES


def class_views(weights: Weights) -> tuple[InnerView, ...]:
    """One view a source: the integrated gradients of every class that has a region, for one pair (N = 1)."""
    return tuple(
        _class_view(input_name, gradients, weights.regions)
        for input_name, gradients in (("first", weights.gradients_first), ("second", weights.gradients_second))
    )


def _class_view(input_name: str, gradients: Tensor, regions: Tensor) -> InnerView:
    present = regions[0].flatten(1).any(dim=1).nonzero().flatten()
    scores = explained(gradients, regions)[0, present]
    return InnerView(
        title=f"Attribution of the {input_name} image by class",
        meaning="Which pixels of this image speak for a class where the segmenter sees it (above 0), and which "
        "against it (below 0). The number is what the class's own region adds to its score; the image with "
        "the greater number counts more there. Classes that the segmenter does not see are left out. It "
        "learned them from labelled phantoms: on other pictures they go by number, as their tissue is not known.",
        images=pictures(gradients.mean(dim=0)[0, present]),
        labels=tuple(CLASSES[number] for number in present.tolist()),
        weights=tuple(scores.tolist()),
        weight_name="score explained by its region",
        signed=True,
        numbers=tuple(f"class {number}" for number in present.tolist()),
    )


def weight_view(weights: Weights) -> InnerView:
    """How much each source counts, pixel by pixel."""
    return InnerView(
        title="Attribution weights",
        meaning="How much each image counts at each pixel; the two add up to 1. A weight is the same all over "
        "a class's region.",
        images=pictures(torch.cat((weights.first, weights.second))),
        labels=("first image", "second image"),
        common_scale=True,
    )


def stage_view(stages: Sequence[Tensor]) -> InnerView:
    """The fused image from the start to the end."""
    return InnerView(
        title="Stages",
        meaning="How the fused image comes about: from the mean of both images to the result, stage by stage.",
        images=pictures(torch.cat(tuple(stages), dim=1)),
        labels=("start", *(f"stage {number}" for number in range(1, len(stages)))),
        common_scale=True,
    )


def attention_view(attention: Sequence[Tensor], sizes: Sequence[float]) -> InnerView:
    """Each stage's attribution attention with its learned step size."""
    return InnerView(
        title="Attribution attention",
        meaning="Where the changes so far have helped the segmenter (above 0, features pass) or harmed it "
        "(below 0, features are held back). The number is how far the stage moves towards the images, as "
        "attribution weighs them: 0 not at all, 1 all the way.",
        images=pictures(torch.cat(tuple(attention), dim=1)),
        labels=tuple(f"stage {number}" for number in range(1, len(attention) + 1)),
        weights=tuple(sizes),
        weight_name="learned step size",
        signed=True,
    )

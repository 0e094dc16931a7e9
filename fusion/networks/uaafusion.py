"""UAAFusion: an unfolded optimisation that a segmenter's attribution steers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fusion.errors import InputError
from fusion.layers.attribution_views import attention_view, class_views, stage_view, weight_view
from fusion.layers.attribution_weights import (
    STEPS,
    Weights,
    attribution_weights,
    class_regions,
    explained_terms,
    first_weight,
    path_leg,
)
from fusion.layers.blocks import FusionNetwork
from fusion.layers.segmenter import Segmenter
from fusion.layers.unfolding import CHANNELS, ConvLSTM, FirstMemory, GradientStep, Memory, Proximal
from fusion.method.inference import check_inputs
from fusion.method.inner_views import InnerView
from fusion.method.pair_summaries import SummaryTerm
from fusion.method.registry import register

STAGES = 5
PARTS = ("memory", "attention", "attribution", "steps")
"""What can be left out, to see what it is for."""
REFERENCE = "Bai et al., IEEE TCSVT 2024, arXiv 2502.01467"


@dataclass(frozen=True, eq=False)
class Unfolding:
    """How a fused image came about.

    Attributes
    ----------
    stages : tuple of STAGES + 1 tensors (N, 1, H, W)
        The start f0, the mean of the sources, and each stage's result; the last is the fused image.
    attention : tuple of STAGES tensors (N, 1, H, W)
        Attribution attention of each stage, in logits.
    """

    stages: tuple[Tensor, ...]
    attention: tuple[Tensor, ...]


Attend = Callable[[int, Tensor], Tensor]
"""Which attention has a stage, by its number, for the image that its gradient step has reached?"""


@register(
    name="UAAFusion",
    reference=REFERENCE,
    summary="Moves in five learned steps towards what a segmenter's attribution says matters in either image.",
    order=60,
    bounds=(0.0, 1.0),
    trainer="fusion.cli.train_uaafusion",
)
class UAAFusion(FusionNetwork):
    """Five unfolded stages, f ← prox(f − α·(f − (w1·x1 + w2·x2))), from f0 = (x1 + x2)/2.

    The weights w1 + w2 = 1 and each stage's attention are attributions of the segmenter in this network, and
    its regions are its own predictions on both sources. Autograd differentiates through all of it but the
    regions, which are constant between the places where a prediction changes. The published code drops the
    gradient step's result; here it is applied, as in the paper. Every fused pixel depends on the whole pair.

    Parameters
    ----------
    channels : int
        Features of a stage, an even number; trained weights have the paper's 32.

    Attributes
    ----------
    left_out : str or None
        One of `PARTS` that is not used: the memory across stages (empty instead), attention (½ everywhere),
        attribution weights (½ everywhere) or the gradient steps (of size 0).
    """

    def __init__(self, channels: int = CHANNELS) -> None:
        super().__init__()
        self.left_out: str | None = None
        self.segmenter = Segmenter()
        self.first_memory = FirstMemory(channels)
        self.memory = ConvLSTM(channels)
        self.steps = nn.ModuleList([GradientStep() for _ in range(STAGES)])
        self.proximal = nn.ModuleList([Proximal(channels) for _ in range(STAGES)])

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse (N, 1, H, W) inputs, in whatever mode of autograd; the fused values lie in (0, 1)."""
        check_inputs(first, second)
        differentiable = torch.is_grad_enabled()
        # Attribution needs autograd inside, which inference mode would refuse.
        with torch.inference_mode(False), torch.set_grad_enabled(differentiable):
            first, second = (each.clone() if each.is_inference() else each for each in (first, second))
            return self.fuse(first, second)

    def fuse(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse checked inputs; the derivative includes that of weights and attention where grad mode is on."""
        differentiable = torch.is_grad_enabled()
        weights = self.weigh(first, second, differentiable=differentiable)
        return self.unfold(first, second, weights, differentiable=differentiable).stages[-1]

    def weigh(self, first: Tensor, second: Tensor, *, differentiable: bool) -> Weights:
        """How much does each source count, pixel by pixel, for this network's segmenter?"""
        return attribution_weights(self.segmenter, first, second, differentiable=differentiable)

    def unfold(self, first: Tensor, second: Tensor, weights: Weights, *, differentiable: bool) -> Unfolding:
        """All stages; where not ``differentiable``, attention is a constant (``weights`` are as they come)."""
        return self._unfold(first, second, weights.regions, weights.first, differentiable=differentiable)

    def _unfold(
        self, first: Tensor, second: Tensor, regions: Tensor, weight: Tensor, *, differentiable: bool
    ) -> Unfolding:
        legs: list[Tensor] = []
        path = [(first + second) / 2]

        def attend(_: int, moved: Tensor) -> Tensor:
            leg = path_leg(self.segmenter, moved, path[-1], regions, differentiable=differentiable)
            legs.append(leg)
            path.append(moved)
            return torch.stack(legs).mean(dim=0)

        return self.run(first, second, weight, attend)

    def run(self, first: Tensor, second: Tensor, weight: Tensor, attend: Attend) -> Unfolding:
        """The stages themselves, given the first source's weight and a way to ask for attention."""
        target = (first + second) / 2 if self.left_out == "attribution" else weight * first + (1 - weight) * second
        memory = self.first_memory(first, second)
        if self.left_out == "memory":
            memory = Memory(*(torch.zeros_like(kept) for kept in memory))
        stages, attention = [(first + second) / 2], []
        for number, (step, proximal) in enumerate(zip(self.steps, self.proximal, strict=True)):
            moved = stages[-1] if self.left_out == "steps" else step(stages[-1], target)
            attention.append(torch.zeros_like(moved) if self.left_out == "attention" else attend(number, moved))
            fused, features = proximal(moved, memory, attention[-1])
            stages.append(fused)
            if number + 1 < STAGES and self.left_out != "memory":
                memory = self.memory(features, memory)
        return Unfolding(tuple(stages), tuple(attention))

    @property
    def summary_count(self) -> int:
        """What each class's region explains of its score, in either source (`fusion.method.pair_summaries`)."""
        return 2 * self.segmenter.classes

    @property
    def summary_steps(self) -> int:
        """A point of either source's path from black each."""
        return 2 * STEPS

    def held_maps(self, first: Tensor, second: Tensor) -> Tensor:
        """The class regions (1, K, H, W) of a pair (1, 1, H, W), without a graph."""
        return class_regions(self.segmenter, first, second)

    def summary_terms(self, step: int, first: Tensor, second: Tensor, maps: Tensor) -> Iterator[SummaryTerm]:
        """What each class explains at one point of the first source's path, or the second's."""
        source, point = divmod(step, STEPS)
        for number, value in explained_terms(self.segmenter, (first, second)[source], maps, point):
            yield SummaryTerm(source * self.segmenter.classes + number, value)

    def fuse_with(self, first: Tensor, second: Tensor, maps: Tensor, summaries: Tensor) -> Tensor:
        """Fuse (1, 1, H, W) with the class regions and what each explains (1, summary_count) given."""
        by_first, by_second = summaries.chunk(2, dim=1)
        weight = first_weight(by_first, by_second, maps)
        differentiable = torch.is_grad_enabled()
        return self._unfold(first, second, maps, weight, differentiable=differentiable).stages[-1]

    def without(self, part: str) -> UAAFusion:
        """Leave one of `PARTS` out: a network of the same weights that does not use it.

        Raises
        ------
        InputError
            It has no such part.

        Examples
        --------
        >>> UAAFusion().without("memory").left_out
        'memory'
        """
        if part not in PARTS:
            raise InputError(f"UAAFusion has {', '.join(PARTS)} to leave out, and no {part!r}.")
        other = copy.copy(self)  # layers and weights are shared
        other.left_out = part
        return other

    def variants(self) -> Mapping[str, UAAFusion]:
        """The same weights with a part left out, by what a table calls them.

        Examples
        --------
        >>> list(UAAFusion().variants())
        ['without memory', 'without attention', 'without attribution', 'without steps']
        """
        return {f"without {part}": self.without(part) for part in PARTS}

    def inside(self, first: Tensor, second: Tensor) -> tuple[InnerView, ...]:
        """Show attribution by class, weights, stages and attention of one pair (1, 1, H, W)."""
        with torch.no_grad():
            weights = self.weigh(first, second, differentiable=False)
            unfolding = self.unfold(first, second, weights, differentiable=False)
        return (
            *class_views(weights),
            weight_view(weights),
            stage_view(unfolding.stages),
            attention_view(unfolding.attention, self.step_sizes),
        )

    @property
    def step_sizes(self) -> tuple[float, ...]:
        """Each stage's learned α."""
        return tuple(step.size.item() for step in self.steps if isinstance(step, GradientStep))

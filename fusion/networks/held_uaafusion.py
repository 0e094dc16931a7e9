"""UAAFusion as a function of the images alone: what attribution says of a pair is held fixed."""

from __future__ import annotations

import torch
from torch import Tensor

from fusion.errors import InputError
from fusion.method.inference import check_inputs
from fusion.method.registry import register
from fusion.networks.uaafusion import REFERENCE, STAGES, UAAFusion


@register(
    name="UAAFusion (frozen weights)",
    reference=REFERENCE,
    summary="The same fused picture, differentiated with attribution weights and attention as constants.",
    order=61,
    bounds=(0.0, 1.0),
    exact_gradient=False,
    weights="UAAFusion",
)
class HeldUAAFusion(UAAFusion):
    """The fused image of `UAAFusion`, whose weights and attention are no function of x but of the pair.

    This is not the derivative of the fused image: it leaves out that another image would be weighed in
    another way. In return it is local. What is held fixed is found once for the whole pair, by
    `pair_constants`; a crop of it, handed over together with the same crop of the images, gives the whole
    picture's values and derivatives wherever the crop reaches 25 pixels further (see
    `fusion.method.pair_constants`).
    """

    def forward(self, first: Tensor, second: Tensor, constants: Tensor | None = None) -> Tensor:
        """Fuse (N, 1, H, W) inputs with the pair's ``constants``; without, those of these very inputs are found.

        Raises
        ------
        InputError
            The inputs are not two equal (N, 1, H, W), or ``constants`` do not cover them.
        """
        check_inputs(first, second)
        fixed = self.pair_constants(first, second) if constants is None else constants
        if fixed.dim() != 4 or fixed.shape[1] != 1 + STAGES or fixed.shape[-2:] != first.shape[-2:]:
            raise InputError(
                f"The constants of a pair {tuple(first.shape)} need {1 + STAGES} channels of the same size; "
                f"these have {tuple(fixed.shape)}. Crop them exactly as the images."
            )
        return self.run(first, second, fixed[:, :1], lambda stage, _: fixed[:, stage + 1 : stage + 2]).stages[-1]

    def pair_constants(self, first: Tensor, second: Tensor) -> Tensor:
        """What is held fixed for a pair (N, 1, H, W): the first source's weight, then each stage's attention.

        Returns
        -------
        (N, 6, H, W)
            Constants without a graph.
        """
        check_inputs(first, second)
        with torch.inference_mode(False), torch.no_grad():
            first, second = (each.clone() if each.is_inference() else each for each in (first, second))
            weights = self.weigh(first, second, differentiable=False)
            unfolding = self.unfold(first, second, weights, differentiable=False)
            return torch.cat((weights.first, *unfolding.attention), dim=1)

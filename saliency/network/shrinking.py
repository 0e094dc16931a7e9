"""Compute only what one fused pixel needs: every step on a smaller window than the step before.

In a crop of side 2·radius + 1 only the first layer is needed everywhere; before the last 3×3 convolution a
3×3 patch is left. Each feature map is kept on the window of the image where it is exact. A convolution pads
it with zeros only where that window meets the image's own border; steps with several sources cut them to
their common window. For DeepPedestrian that is a third of the work.

The steps are ordinary ones of torch: autograd goes through them, in either mode. Whether the results agree
with the network's own is checked for every network by `saliency.receptive_field.locality`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from saliency.geometry.window import Shape, Window
from saliency.network.plan import INPUTS, Convolution, Plan, Step

Located = tuple[Tensor, Window]
"""A feature map (N, C, h, w), and the window of the image where it lies and is exact."""


def run_on_window(plan: Plan, inputs: Sequence[Tensor], window: Window, image: Shape) -> Located:
    """Run a plan on both inputs' crops, (N, 1, h, w): the fused values where they are exact, and where that is.

    Parameters
    ----------
    plan : Plan
    inputs : two tensors (N, 1, h, w)
        Of the type of the plan's weights.
    window : Window
        Where the crops lie.
    image : (H, W)
        Of the whole image.
    """
    maps: dict[int, Located] = {number: (crop, window) for number, crop in enumerate(inputs)}
    for number, step in enumerate(plan.steps):
        values, common = cut_to_common([maps[source] for source in step.sources])
        if isinstance(step, Convolution):
            made = convolved(step, values[0], common, image)
        else:
            made = step.run(values), common
        maps[number + INPUTS] = made
        for source in plan.last_uses[number]:
            del maps[source]
    return made


def cut_to_common(sources: Sequence[Located]) -> tuple[list[Tensor], Window]:
    """The values of all sources on the largest window that lies in each of theirs."""
    first = sources[0][1]
    if all(window == first for _, window in sources):
        return [values for values, _ in sources], first
    tops, bottoms, lefts, rights = zip(*(window for _, window in sources), strict=True)
    common = Window(max(tops), min(bottoms), max(lefts), min(rights))
    return [cut(each, common) for each in sources], common


def cut(source: Located, window: Window) -> Tensor:
    """The values of a source on a window that lies in its own."""
    values, own = source
    return values if own == window else values[..., *window.within(own)]


def convolved(step: Convolution, values: Tensor, window: Window, image: Shape) -> Located:
    """Convolve, padding with zeros only where the window meets the image's border."""
    top, bottom, left, right = padding = _padding(step, window, image)
    if any(padding):
        values = F.pad(values, (left, right, top, bottom))
    return step.run([values], padding=(0, 0)), exact_window(step, window, image)


def exact_window(step: Step, window: Window, image: Shape) -> Window:
    """Where a step's values are exact if those of its sources are on a window."""
    if not isinstance(step, Convolution):
        return window
    (down, across), (top, bottom, left, right) = step.reach, _padding(step, window, image)
    return Window(
        window.top + down - top,
        window.bottom - down + bottom,
        window.left + across - left,
        window.right - across + right,
    )


def _padding(step: Convolution, window: Window, image: Shape) -> tuple[int, int, int, int]:
    """Rows of zeros above and below, columns on the left and right: where the window meets the image's border."""
    (down, across), (height, width) = step.reach, image
    top, bottom = (down if meets else 0 for meets in (window.top == 0, window.bottom == height))
    left, right = (across if meets else 0 for meets in (window.left == 0, window.right == width))
    return top, bottom, left, right

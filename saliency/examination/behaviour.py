"""How a network behaves: its weights, its output, what it does to its inputs, its gradient, its sizes."""

from __future__ import annotations

from itertools import chain

import torch
from torch import Tensor

from fusion.errors import InputError
from fusion.method.network_refusals import first_line
from saliency.derivatives.jacobian import gradients_on
from saliency.examination.finding import Finding, Outcome
from saliency.examination.subject import Subject, percent, picture
from saliency.receptive_field.locality import CHANCE

BEYOND = 0.25
"""How far values may leave [0, 1] before the card is asked after."""
ODD = (97, 90)
"""Rows and columns that are a multiple of nothing."""
ROUNDING = 1e-6
"""Largest difference, relative to the largest value, that the order of float32's sums may make."""


def weights(subject: Subject) -> Finding:
    """Are all weights numbers?"""
    state = list(chain(subject.network.parameters(), subject.network.buffers()))
    broken = sum(int((~torch.isfinite(each)).sum()) for each in state if each.is_floating_point())
    count = sum(each.numel() for each in subject.network.parameters())
    if broken:
        return Finding(
            "weights",
            Outcome.FAILED,
            f"{broken:,} weights are NaN or infinite; bring a file that was saved whole.",
        )
    hashed = f"; SHA-256 {subject.weights[:16]}…" if subject.weights else "."
    return Finding("weights", Outcome.RIGHT, f"{count:,} parameters, all finite{hashed}")


def output(subject: Subject) -> Finding:
    """Does it give one fused image of its inputs' size?"""
    fused = subject.fused(subject.picture)
    rows, cols = fused.shape[-2:]
    broken = float((~torch.isfinite(fused)).float().mean())
    if broken:
        return Finding(
            "output",
            Outcome.FAILED,
            f"{percent(broken)} of its values are NaN or infinite on a picture with a black ground; "
            "keep roots, logarithms and quotients away from 0.",
        )
    least, most = (float(each) for each in (fused.min(), fused.max()))
    told = (
        f"One image of {rows} × {cols} pixels for two of that size, values from {_value(least)} to {_value(most)}"
    )
    if least < -BEYOND or most > 1 + BEYOND:
        return Finding(
            "output",
            Outcome.LIMITED,
            f"{told}; they are taken as they are. If its output has another range, say so in its card; if it is "
            "meant to be cut to 0 to 1, do that in its forward.",
        )
    return Finding("output", Outcome.RIGHT, f"{told}.")


def inputs_kept(subject: Subject) -> Finding:
    """Does it leave its inputs as they are?"""
    given = subject.inputs(subject.picture)
    before = [each.clone() for each in given]
    with torch.no_grad():
        subject.network(*given)
    if all(map(torch.equal, given, before)):
        return Finding("inputs", Outcome.RIGHT, "It leaves both inputs as they are.")
    return Finding("inputs", Outcome.LIMITED, "It alters its inputs as it runs; it is given copies.")


def repeats(subject: Subject) -> Finding:
    """Does it give the same twice?"""
    one, other = (subject.fused(subject.picture) for _ in range(2))
    if _relative(one, other) > ROUNDING:
        return Finding("repeats", Outcome.FAILED, CHANCE)
    return Finding("repeats", Outcome.RIGHT, "The same pair, twice, gives the same picture.")


def batch(subject: Subject) -> Finding:
    """Is a pair fused alike whatever else is in the batch?"""
    first, second = subject.inputs(subject.picture)
    pairs = torch.cat((first, second)), torch.cat((second, first))
    with torch.no_grad():
        together = subject.made_of(*(each.clone() for each in pairs))
        alone = torch.cat([subject.made_of(*(each[k : k + 1].clone() for each in pairs)) for k in range(2)])
    if _relative(alone, together) > 100 * ROUNDING:
        return Finding(
            "batch",
            Outcome.FAILED,
            "What it makes of a pair depends on the other pairs of a batch, and several questions are asked in "
            "batches; let it normalise with fixed statistics.",
        )
    return Finding("batch", Outcome.RIGHT, "Pairs in one batch are fused as each by itself.")


def gradient(subject: Subject) -> Finding:
    """Is there a gradient, and is it a number everywhere?"""
    with gradients_on():
        leaves = [each.requires_grad_() for each in subject.inputs(subject.picture)]
        fused = subject.made_of(*(each.clone() for each in leaves))
        if not fused.requires_grad:
            return Finding(
                "gradient",
                Outcome.FAILED,
                "No gradient leads from its output to its inputs; leave out no_grad, detach, NumPy and rounding.",
            )
        found = torch.autograd.grad(fused.sum(), leaves, materialize_grads=True)
    broken = float(torch.stack([~torch.isfinite(each) for each in found]).any(0).float().mean())
    if broken:
        return Finding(
            "gradient",
            Outcome.LIMITED,
            f"It has no slope at {percent(broken)} of the pixels of a picture with a black ground (a root at 0, a "
            "quotient 0/0); they are shown as pixels without one.",
        )
    silent = [name for name, each in zip(("first", "second"), found, strict=True) if not each.any()]
    if len(silent) == 2:
        return Finding(
            "gradient", Outcome.FAILED, "All its derivatives are 0: rounding or a comparison stands in the way."
        )
    if silent:
        return Finding("gradient", Outcome.LIMITED, f"Its {silent[0]} input has no influence at all.")
    return Finding("gradient", Outcome.RIGHT, "Finite at every pixel of a picture with a black ground.")


def sizes(subject: Subject) -> Finding:
    """Which pictures does it take?"""
    side = subject.picture.shape[0]
    one_less = side + max(subject.multiple, 2) - 1
    taken, refused = [], {}
    for shape in ((side, side), ODD, (one_less, one_less), (side, 2 * side)):
        try:
            subject.fused(picture(shape))
            taken.append(_sides(shape))
        except InputError as error:
            refused[_sides(shape)] = first_line(error)
    if refused:
        where, why = next(iter(refused.items()))
        return Finding(
            "sizes",
            Outcome.LIMITED,
            f"It takes {_listed(taken)}, but not {_listed(list(refused))}. {where}: {why}.",
        )
    return Finding("sizes", Outcome.RIGHT, f"It takes {_listed(taken)}.")


def _sides(shape: tuple[int, int]) -> str:
    return f"{shape[0]} × {shape[1]}"


def _value(number: float) -> str:
    return f"{number:.2f}".replace("-0.00", "0.00")


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _relative(one: Tensor, other: Tensor) -> float:
    """The largest difference as a part of the largest value; the same NaN in both is none."""
    off, largest = ((each.nan_to_num().abs().max()) for each in (one - other, one))
    return float(off / largest) if largest > 0 else float(off > 0)

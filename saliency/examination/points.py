"""The points of an examination, in their order, each a question that has one finding as its answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

import torch

from fusion.errors import InputError
from fusion.method.network_refusals import first_line
from saliency.examination import behaviour, exactness, measured_cost
from saliency.examination.finding import Examination, Finding, Outcome
from saliency.examination.subject import Subject

POINTS: Mapping[str, Callable[[Subject], Finding]] = {
    "weights": behaviour.weights,
    "output": behaviour.output,
    "inputs": behaviour.inputs_kept,
    "repeats": behaviour.repeats,
    "batch": behaviour.batch,
    "gradient": behaviour.gradient,
    "sizes": behaviour.sizes,
    "receptive field": exactness.field,
    "pictures": exactness.pictures,
    "differences": exactness.differences,
    "float64": exactness.whole_images,
    "copies": exactness.copies,
    "cost": measured_cost.cost,
}
NEEDED = frozenset({"output", "repeats", "gradient"})
"""Without these nothing that follows can be asked."""

logger = logging.getLogger(__name__)


def examined(subject: Subject) -> Iterator[Examination]:
    """The examination as it grows: before each point, and after the last.

    Examples
    --------
    >>> import fusion
    >>> *_, last = examined(Subject(fusion.load("Weighted Averaging")))
    >>> last.doing, {each.outcome.value for each in last.findings}
    ('', {'right'})
    """
    findings: tuple[Finding, ...] = ()
    for name, point in POINTS.items():
        yield Examination(findings, name)
        findings = (*findings, found := _finding(name, point, subject))
        if name in NEEDED and found.outcome in (Outcome.FAILED, Outcome.NOT_DONE):
            findings = (*findings, *not_done_after(name, f"Not asked, as this failed: {name}."))
            break
    yield Examination(findings)


def not_done_after(name: str, why: str) -> tuple[Finding, ...]:
    """Every point after the one called ``name``, all points for another name, as not done."""
    names = list(POINTS)
    rest = names[names.index(name) + 1 :] if name in names else names
    return tuple(Finding(each, Outcome.NOT_DONE, why) for each in rest)


def _finding(name: str, point: Callable[[Subject], Finding], subject: Subject) -> Finding:
    try:
        return point(subject)
    except InputError as error:
        logger.info("%s: refused", name, exc_info=True)
        return Finding(name, Outcome.FAILED, str(error))
    except (MemoryError, torch.OutOfMemoryError):
        logger.info("%s: memory", name, exc_info=True)
        return _without_memory(name)
    except Exception as error:  # whatever somebody's network raises
        logger.info("%s: failed", name, exc_info=True)
        if "DefaultCPUAllocator" in str(error):
            return _without_memory(name)
        said = f"{type(error).__name__}: {first_line(error)}"
        return Finding(name, Outcome.FAILED, f"It could not be examined ({said}).")


def _without_memory(name: str) -> Finding:
    return Finding(
        name,
        Outcome.NOT_DONE,
        "It needs more memory than this examination may take; let `fusevis examine` have more --gigabytes.",
    )

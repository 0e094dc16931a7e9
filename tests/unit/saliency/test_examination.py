"""The examination of networks: each point sees what it is there for, and passes what is right."""

import json
from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import fusion
from fusion.errors import InputError
from fusion.method.carded_network import CardedNetwork
from fusion.method.network_card import NetworkCard
from fusion.method.own_network import OwnNetwork
from saliency import Guidance
from saliency.examination import behaviour, exactness
from saliency.examination.finding import Examination, Finding, Outcome, examination_of, verdict
from saliency.examination.measured_cost import _guidance_seconds, measured_cost
from saliency.examination.points import NEEDED, POINTS, examined
from saliency.examination.process import Examined, Limits, examine
from saliency.examination.subject import Subject
from tests.support.networks import Lambda, frozen
from tests.support.own_networks import BLEND, written

RIGHT, LIMITED, FAILED, NOT_DONE = Outcome


def subject(function, card=None):
    """A function of two images, brought as somebody's network."""
    return Subject(CardedNetwork(frozen(Lambda(function)), card or NetworkCard(), "Mine"))


def blur(image):
    return F.avg_pool2d(image, 3, 1, 1)


def on_black(first, second):
    """Looks further where much is exactly black, as in every phantom and in no noise."""
    return blur(blur(first)) + second if (first == 0).float().mean() > 0.2 else first + second


class Straight(torch.autograd.Function):
    """Squares, and says that its slope is 1."""

    @staticmethod
    def forward(ctx, values):
        del ctx
        return values**2

    @staticmethod
    def backward(ctx, gradient):
        del ctx
        return gradient


def in_place(first, second):
    first += second
    return first


CASES = {
    "a picture of other values": (behaviour.output, lambda x, y: 3 * x + y, LIMITED, "say so in its card"),
    "a value that is none": (behaviour.output, lambda x, y: x / x + y, FAILED, "NaN or infinite on a picture"),
    "altered inputs": (behaviour.inputs_kept, in_place, LIMITED, "it is given copies"),
    "chance": (behaviour.repeats, lambda x, y: F.dropout(x + y, 0.3), FAILED, "depends on chance"),
    "a batch's mean": (behaviour.batch, lambda x, y: x - x.mean() + y, FAILED, "other pairs of a batch"),
    "no graph": (behaviour.gradient, lambda x, y: (x + y).detach(), FAILED, "No gradient leads"),
    "rounding": (behaviour.gradient, lambda x, y: torch.round(x + y), FAILED, "All its derivatives are 0"),
    "a root at 0": (behaviour.gradient, lambda x, y: torch.sqrt(x) + y, LIMITED, "no slope at"),
    "one input alone": (behaviour.gradient, lambda x, y: x + 0 * y, LIMITED, "Its second input has no influence"),
    "halves": (
        behaviour.sizes,
        lambda x, y: F.interpolate(F.max_pool2d(x, 2), scale_factor=2.0) + y,
        LIMITED,
        "It takes 64 × 64 and 64 × 128, but not 97 × 90 and 65 × 65",
    ),
    "the picture's mean": (exactness.field, lambda x, y: x - x.mean((2, 3), True) + y, LIMITED, "the whole image"),
    "a gradient of its own making": (exactness.differences, lambda x, y: Straight.apply(x) + y, FAILED, "differ"),
    "a branch on the picture": (exactness.pictures, on_black, LIMITED, "Crops of pictures differ by"),
}


SLOW = "a branch on the picture"


@pytest.mark.parametrize("case", [pytest.param(each, marks=[pytest.mark.slow] * (each == SLOW)) for each in CASES])
def test_each_point_sees_what_it_is_there_for(case):
    point, function, outcome, words = CASES[case]
    found = point(subject(function))
    assert (found.outcome, words in found.sentence) == (outcome, True), found.sentence
    plain = point(subject(lambda x, y: (blur(x) + y) / 2))
    assert plain.outcome is RIGHT, plain.sentence


def test_weights_that_are_no_numbers_are_counted():
    network = nn.Conv2d(2, 1, 3)
    with torch.no_grad():
        network.weight[0, 0, :2] = torch.nan
    found = behaviour.weights(Subject(network))
    assert (found.outcome, found.sentence.split()[0]) == (FAILED, "6")


def test_what_branches_on_the_picture_is_examined_as_it_is_used(monkeypatch):
    branching = subject(on_black)
    assert exactness.whole_images(branching).outcome is RIGHT
    monkeypatch.setattr(exactness, "in_use", lambda network, pair: network)
    assert exactness.whole_images(branching).outcome is FAILED  # else the line above would show nothing


def test_a_wrong_map_fails_beside_float64():
    def rounded(first, second):  # in float64 another function
        return first**2 + second if first.dtype == torch.float64 else first**2 + 1.02 * second

    assert exactness.whole_images(subject(rounded)).outcome is FAILED


def test_a_card_pads_what_is_one_less_than_its_multiple():
    network = subject(
        lambda x, y: F.interpolate(F.max_pool2d(x, 16), scale_factor=16.0) + y, NetworkCard(multiple=16)
    )
    assert behaviour.sizes(network).sentence == "It takes 64 × 64, 97 × 90, 79 × 79 and 64 × 128."


def test_what_cannot_be_asked_is_asked_nothing_more():
    def refusing(first, second):
        raise ValueError(f"I take no {tuple(first.shape + second.shape)}")

    *_, last = examined(subject(refusing))
    assert [each.point for each in last.findings] == list(POINTS)
    assert "I take no" in last.findings[1].sentence
    assert {(each.outcome, each.sentence) for each in last.findings[2:]} == {
        (NOT_DONE, "Not asked, as this failed: output.")
    }
    assert POINTS.keys() >= NEEDED


def test_an_unexpected_failure_is_one_finding_and_the_next_point_follows(caplog):
    caplog.set_level("INFO")

    def surprised(subject):
        raise ZeroDivisionError("by zero")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "saliency.examination.points.POINTS",
            {"sizes": surprised, "memory": _without_memory, "inputs": behaviour.inputs_kept},
        )
        *_, last = examined(subject(lambda x, y: x + y))
    assert [each.outcome for each in last.findings] == [FAILED, NOT_DONE, RIGHT]
    assert last.findings[0].sentence == "It could not be examined (ZeroDivisionError: by zero)."
    assert "more memory" in last.findings[1].sentence
    assert "by zero" in caplog.text


def _without_memory(subject):
    raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")


@pytest.mark.slow
def test_every_point_is_looked_at_and_passes_what_is_plain():
    *growing, last = examined(subject(lambda x, y: (blur(x) + y) / 2))
    assert [each.point for each in last.findings] == list(POINTS)
    assert {each.outcome for each in last.findings} == {RIGHT}, last
    assert [len(each.findings) for each in growing] == list(range(len(POINTS)))
    assert [each.doing for each in growing] == list(POINTS)


def test_costs_are_those_of_the_pair():
    found = measured_cost(subject(lambda x, y: (x + y) / 2))
    assert 0 < found.jacobian_seconds < found.guidance_seconds + 1
    assert found.peak_bytes is None or found.peak_bytes >= 0


def test_what_all_passes_share_is_counted_once(monkeypatch):
    """A first pass of 9 seconds, 8 of which are for all, then a second each: 100 passes take 108."""
    clock = iter([0.0, *(8.0 + passes for passes in range(1, 101))])
    monkeypatch.setattr(
        "saliency.examination.measured_cost.time", SimpleNamespace(perf_counter=lambda: next(clock))
    )
    nothing = np.zeros((2, 2), np.float32)
    stream = (Guidance(nothing, nothing, nothing > 0, done, 100) for done in range(1, 101))
    assert _guidance_seconds(stream) == pytest.approx(108)
    assert next(clock) == pytest.approx(8 + 7)  # not all were waited for


def test_an_examination_travels_as_json():
    found = Examination((Finding("sizes", LIMITED, "It takes 64 × 64."),), "cost")
    assert examination_of(json.loads(json.dumps(asdict(found)))) == found
    assert verdict(Examination((*found.findings, Finding("output", FAILED, "None.")))).startswith(
        "0 right, 1 limited, 1"
    )
    with pytest.raises(ValueError, match="unheard"):
        examination_of({"findings": [{"point": "a", "outcome": "unheard", "sentence": ""}], "doing": ""})


CODE = """
import os
import torch


class Net(torch.nn.Module):
    def forward(self, first, second):
        {forward}
"""


def ended(folder, forward, limits=None):
    """What is found of the output of a network that does ``forward`` when it is asked."""
    code = CODE.format(forward=forward)
    *_, last = examine(Examined(own=OwnNetwork(f"{written(folder, code)}:Net")), limits)
    assert [each.point for each in last.findings] == list(POINTS)
    assert {each.outcome for each in last.findings[2:]} == {NOT_DONE}
    return last.findings[1]


@pytest.mark.slow
class TestProcess:
    def test_it_ends_a_network_that_hangs(self, tmp_path):
        code = f"import time; time.sleep(3600)\n{BLEND}"
        *_, last = examine(Examined(own=OwnNetwork(f"{written(tmp_path, code)}:Blend")), Limits(minutes=0.05))
        assert {each.outcome for each in last.findings} == {NOT_DONE}
        assert [each.point for each in last.findings] == ["code", *POINTS]
        assert "The examination's 0.05 minutes were over" in last.findings[0].sentence

    def test_a_network_that_ends_its_process_is_told(self, tmp_path):
        found = ended(tmp_path, "os._exit(3)")
        assert (found.point, found.outcome) == ("output", FAILED)
        assert "exit code 3" in found.sentence

    def test_a_network_that_is_killed_is_told(self, tmp_path):
        found = ended(tmp_path, "os.kill(os.getpid(), 9)")
        assert "SIGKILL" in found.sentence

    def test_memory_has_a_limit(self, tmp_path):
        found = ended(tmp_path, "return first + torch.zeros(2**30).sum() + second", Limits(gigabytes=1))
        assert (found.point, found.sentence) == (
            "output",
            "It needs more memory than this examination may take; let `fusevis examine` have more --gigabytes.",
        )

    def test_what_code_prints_or_reads_does_not_disturb(self, tmp_path):
        code = f"print('{{not json')\nimport sys\nsys.stdin.read()\n{BLEND}"
        stream = examine(Examined(own=OwnNetwork(f"{written(tmp_path, code)}:Blend")))
        for found in stream:
            if len(found.findings) > 1:
                break
        stream.close()  # ends the process
        assert [each.outcome for each in found.findings] == [RIGHT, RIGHT]

    def test_code_that_cannot_be_used_is_the_only_finding(self, tmp_path, caplog):
        caplog.set_level("INFO")
        *_, last = examine(Examined(own=OwnNetwork(f"{tmp_path}/none.py:Net")))
        assert [each.point for each in last.findings] == ["code", *POINTS]
        assert {each.outcome for each in last.findings[1:]} == {NOT_DONE}
        assert "There is no file" in last.findings[0].sentence
        assert "Traceback" in caplog.text

    def test_a_missing_method_is_refused_in_a_sentence(self, tmp_path):
        *_, last = examine(Examined("MaskNet", tmp_path))
        with pytest.raises(InputError) as refused:
            fusion.method.checkpoints.load_with_hash("MaskNet", tmp_path)
        assert last.findings[0].sentence == str(refused.value)

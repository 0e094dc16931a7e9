"""Networks in ONNX files: the torch original is what they are held against; what is not at parity is refused."""

import copy
from dataclasses import replace

import pytest
import torch
from onnx import TensorProto

import fusion
from fusion.method import onnx_loading
from fusion.method.checkpoints import load_with_hash
from fusion.method.onnx_packages import onnx_packages
from fusion.method.own_loading import name_of
from fusion.method.own_network import OwnNetwork, own_network
from saliency.examination.points import POINTS
from saliency.examination.subject import Subject
from saliency.network.optimized import optimized_plan
from tests.support.onnx_files import HALF, MEAN, assembled, exported, small, weight
from tests.support.own_networks import refusal

PAIR = fusion.phantom(2, size=64)


@pytest.fixture(autouse=True)
def _where(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def derivatives(network, *images):
    """The fused images and the gradients of their sum with weights, in float64."""
    leaves = [image.double().requires_grad_() for image in images]
    fused = copy.deepcopy(network).double()(*leaves)
    weights = torch.rand(fused.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return [fused.detach(), *torch.autograd.grad((fused * weights).sum(), leaves)]


def pictures(count=1, size=(33, 46)):
    return torch.rand((2, count, 1, *size), generator=torch.Generator().manual_seed(4))


def assert_same(found, expected):
    for one, other in zip(derivatives(*found), derivatives(*expected), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)


def test_values_and_gradients_are_the_originals():
    network = fusion.load(str(exported("net.onnx", small())))
    assert isinstance(network, fusion.CardedNetwork)
    assert not network.training
    assert not any(each.requires_grad for each in network.parameters())
    images = pictures(3)
    images[:, :, :, :20] = 0  # black, where PReLU is at its kink
    assert_same((network, *images), (small(), *images))
    assert not network.network.one_by_one
    fused = torch.from_numpy(fusion.fuse(network, PAIR))
    first, second = (torch.tensor(each)[None, None] for each in (PAIR.first, PAIR.second))
    torch.testing.assert_close(fused, small()(first, second)[0, 0], rtol=1e-5, atol=1e-6)


def test_float64_is_float64_within():
    nodes = [
        (("Transpose", ["a"], ["t"]), {"perm": [0, 2, 3, 1]}),
        (("Transpose", ["b"], ["t2"]), {"perm": [0, 2, 3, 1]}),
        (("Concat", ["t", "t2"], ["c"]), {"axis": 3}),
        (("LayerNormalization", ["c", "scale"], ["n"]), {"axis": -1}),
        (("Cast", ["n"], ["f"]), {"to": TensorProto.FLOAT}),
        (("ReduceSum", ["f", "axes"], ["r"]), {"keepdims": 1}),
        (("Transpose", ["r"], ["y"]), {"perm": [0, 3, 1, 2]}),
    ]
    weights = [weight("scale", [2.0, 1.0]), weight("axes", [3], TensorProto.INT64)]
    network = fusion.load(str(assembled("net.onnx", nodes, weights=weights)))

    def original(first, second):
        both = torch.cat((first, second), 1).movedim(1, -1)
        scale = torch.tensor([2.0, 1.0], dtype=both.dtype)
        return torch.nn.functional.layer_norm(both, (2,), scale).sum(-1)[:, None]

    images = pictures().double()
    torch.testing.assert_close(network.double()(*images), original(*images), rtol=1e-12, atol=1e-12)


def test_the_engine_can_write_it_down():
    path = exported(
        "net.onnx",
        torch.nn.Sequential(
            torch.nn.Conv2d(2, 3, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(3, 1, 3, padding=1)
        ),
        inputs=(("x", 2),),
    )
    path.with_suffix(".toml").write_text("inputs = 1")
    assert optimized_plan(fusion.load(str(path))).radius == 2


def test_weights_that_exporters_write_once_or_as_constants_are_found():
    nodes = [
        (("Constant", [], ["one"]), {"value": weight("", [1.0])}),
        (("Constant", [], ["kernel"]), {"value": weight("", torch.arange(9.0).reshape(1, 1, 3, 3))}),
        (("Identity", ["bias"], ["same"]), {}),
        (("Conv", ["a", "kernel", "bias"], ["c"]), {"pads": [1, 1, 1, 1]}),
        (("Conv", ["b", "kernel", "same"], ["d"]), {"pads": [1, 1, 1, 1]}),
        (("InstanceNormalization", ["c", "one", "same"], ["n"]), {}),
        (("Add", ["n", "d"], ["y"]), {}),
    ]
    network = fusion.load(str(assembled("net.onnx", nodes, weights=[weight("bias", [0.25])])))

    def original(first, second):
        kernel = torch.arange(9, dtype=first.dtype).reshape(1, 1, 3, 3)
        first, second = (torch.conv2d(image, kernel, padding=1) for image in (first, second))
        return torch.nn.functional.instance_norm(first) + second + 0.5

    images = pictures().double()
    torch.testing.assert_close(network.double()(*images), original(*images), rtol=1e-6, atol=1e-6)


def test_it_passes_the_examination():
    subject = Subject(*load_with_hash(str(exported("net.onnx", small()))))
    for point in ("weights", "output", "batch", "gradient", "sizes", "receptive field", "differences"):
        finding = POINTS[point](subject)
        assert finding.outcome.value == "right", finding


def test_its_card_is_read():
    path = assembled("net.onnx", [(("Mul", ["a", "two"], ["s"]), {}), (("Identity", ["s"], ["y"]), {}),
                                  (("Identity", ["b"], ["other"]), {})],
                     weights=[weight("two", 2.0)], outputs=("other", "y"))  # fmt: skip
    assert "output = 0 (1×1×64×64), output = 1" in refusal(fusion.load, str(path))
    path.with_suffix(".toml").write_text('output = 1\norder = [2, 1]\nname = "Mine"')
    network = fusion.load(str(path))
    assert network.title == "Mine"
    assert (fusion.fuse(network, PAIR) == 2 * PAIR.second).all()
    path.with_suffix(".toml").write_text("output = 1\ncheckpoint_key = 'model'")
    assert "is built already; leave arguments, checkpoint_key" in refusal(fusion.load, str(path))


def test_one_stacked_input_and_a_multiple_are_told_and_taken():
    class Halves(torch.nn.Module):
        def forward(self, both):
            small = torch.nn.functional.avg_pool2d(both, 4)
            return both[:, :1] - torch.nn.functional.interpolate(small, scale_factor=4.0)[:, 1:]

    path = exported("net.onnx", Halves(), inputs=(("x", 2),))
    assert "it takes 1 input (x)); it runs with inputs = 1 in net.toml." in refusal(fusion.load, str(path))
    path.with_suffix(".toml").write_text("inputs = 1")
    assert "multiple = 4 in net.toml" in refusal(fusion.load, str(path))
    path.with_suffix(".toml").write_text("inputs = 1\nmultiple = 4")
    card = fusion.NetworkCard(inputs=1, multiple=4)
    assert_same((fusion.load(str(path)), *pictures()), (fusion.CardedNetwork(Halves(), card), *pictures()))


def test_a_file_for_one_size_takes_no_other_and_says_so(caplog):
    class Flat(torch.nn.Module):
        """Writes the batch of one down, too: the shape becomes a constant."""

        def forward(self, first, second):
            count, _, rows, cols = first.shape
            return (first.reshape(count, -1) + second.reshape(count, -1)).reshape(count, 1, rows, cols) / 2

    network = fusion.load(str(exported("net.onnx", Flat(), fixed=(24, 36))))
    said = "net.onnx takes 24 × 36 pixels only, as it was exported; export it with dynamic axes for others."
    assert said in caplog.text
    assert refusal(fusion.fuse, network, PAIR) == said
    images = pictures(3, (24, 36))
    assert network.network.one_by_one
    assert_same((network, *images), (Flat(), *images))


BAD = {
    "custom operator": ([(("Thing", ["a", "b"], ["y"]), {"domain": "org.somebody"})], {}, "not ONNX's own"),
    "float64": ([(("Add", ["a", "b"], ["y"]), {})], {"kind": TensorProto.DOUBLE}, "takes double (a)"),
    "half": ([(("Add", ["a", "b"], ["y"]), {})], {"kind": TensorProto.FLOAT16}, "takes float16 (a)"),
    "three inputs": (
        [(("Sum", ["a", "b", "c"], ["y"]), {})],
        {"inputs": ("a", "b", "c")},
        "it takes 3 inputs (a, b, c)",
    ),
    "an operator unknown to all": ([(("NoSuch", ["a", "b"], ["y"]), {})], {}, "is damaged or no ONNX file"),
    "other values": (  # the converter knows no such coordinates
        [
            (("AveragePool", ["a"], ["p"]), {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}),
            (
                ("Resize", ["p", "", "scales"], ["r"]),
                {"mode": "linear", "coordinate_transformation_mode": "asymmetric"},
            ),
            (("Add", ["r", "b"], ["y"]), {}),
        ],
        {"weights": [weight("scales", [1.0, 1.0, 2.0, 2.0])]},
        "net, converted to torch, differs from onnxruntime by",
    ),
    "infinite values": ([(("Div", ["a", "zero"], ["y"]), {})], {"weights": [weight("zero", 0.0)]}, "not finite"),
}


@pytest.mark.parametrize(("nodes", "options", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_used_is_one_sentence(nodes, options, said):
    assert said in refusal(fusion.load, str(assembled("net.onnx", nodes, **options)))


def test_weights_of_its_own_leave_no_room_for_others(tmp_path):
    path = assembled("net.onnx", MEAN, weights=[HALF])
    assert "net.onnx holds its weights; leave --weights w.pth out." in refusal(
        fusion.load, str(path), weights="w.pth"
    )


@pytest.fixture
def converting(monkeypatch):
    """Put another converter in the place of onnx2pytorch's."""

    def instead(module):
        packages = replace(onnx_packages(""), convert=lambda model: module(model))
        monkeypatch.setattr(onnx_loading, "onnx_packages", lambda _: packages)

    return instead


class Detached(torch.nn.Module):
    """Keeps the values and loses half of the graph."""

    def __init__(self, model):
        super().__init__()
        self.onnx_model = model

    def forward(self, first, second):
        return 0.5 * (first.detach() + second)


class Failing(torch.nn.Module):
    def __init__(self, model):
        raise NotImplementedError("no such operator")


def test_a_lost_gradient_is_refused(converting):
    path = assembled("net.onnx", MEAN, weights=[HALF])
    converting(Detached)
    assert "its derivatives are not those of its values" in refusal(fusion.load, str(path))


def test_what_cannot_be_converted_is_refused(converting):
    path = assembled("net.onnx", MEAN, weights=[HALF])
    converting(Failing)
    assert "cannot be converted (NotImplementedError: no such operator)" in refusal(fusion.load, str(path))


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("net.onnx", "net.onnx", ""),
        ("a/b=c/net.onnx=My net", "a/b=c/net.onnx", "My net"),
        ("C:\\nets\\net.ONNX=X", "C:\\nets\\net.ONNX", "X"),
    ],
)
def test_how_a_file_is_written(text, code, name):
    assert own_network(text) == OwnNetwork(code, None, name)


def test_its_name_comes_from_the_person_else_the_card_else_the_file():
    path = assembled("net.onnx", MEAN, weights=[HALF])
    assert [name_of(own_network(text)) for text in ("net.onnx=A", "net.onnx")] == ["A", "net"]
    path.with_suffix(".toml").write_text('name = "Mine"')
    assert name_of(own_network("net.onnx")) == "Mine"
    assert "There is no file gone.onnx" in refusal(name_of, own_network("gone.onnx"))

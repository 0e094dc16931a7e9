"""What is done around a brought network: each line of a card against the same by hand, and each refusal."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fusion import CardedNetwork, InputError, NetworkCard
from fusion.errors import NetworkSizeError
from fusion.method.value_range import NAMED_RANGES, ValueRange
from tests.support.own_networks import refusal

IMAGENET = ValueRange.normalized([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


class Around(nn.Module):
    """A network out of a function of whatever it is given; keeps what it was given last."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *images):
        self.seen = images
        return self.function(*images)


def images(height=7, width=5, count=2, dtype=torch.float64):
    generator = torch.Generator().manual_seed(3)
    return [torch.rand(count, 1, height, width, generator=generator, dtype=dtype) for _ in range(2)]


def carded(function, **lines):
    return CardedNetwork(Around(function), NetworkCard(**lines, place="net.toml"), "Net")


def unlike(first, second):
    """Treats its inputs differently, and pixels by their neighbours."""
    return 2 * first.roll(1, -1) + second * first


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_silent_card_changes_no_bit_of_values_and_derivatives(dtype):
    torch.manual_seed(0)
    conv = nn.Conv2d(2, 1, 3, padding=1).to(dtype)
    bare = Around(lambda first, second: torch.tanh(conv(torch.cat((first, second), 1))))
    results = []
    for network in (bare, CardedNetwork(bare)):
        inputs = [image.requires_grad_() for image in images(dtype=dtype)]
        fused = network(*inputs)
        results.append([fused, *torch.autograd.grad((fused**2).sum(), inputs)])
        assert [seen is given for seen, given in zip(bare.seen, inputs, strict=True)] == [True, True]
    assert all(torch.equal(one, other) for one, other in zip(*results, strict=True))


def test_the_order_can_be_turned():
    first, second = images()
    assert torch.equal(carded(unlike, order=(2, 1))(first, second), unlike(second, first))


def test_both_images_can_be_stacked():
    first, second = images()
    net = carded(lambda both: both[:, :1] - 3 * both[:, 1:], inputs=1)
    assert torch.equal(net(first, second), first - 3 * second)
    assert torch.equal(carded(lambda both: both[:, :1], inputs=1, order=(2, 1))(first, second), second)


def test_channels_are_repeated_image_by_image():
    first, second = images()
    net = carded(lambda a, b: (a * b).sum(1, keepdim=True), channels=3)
    torch.testing.assert_close(net(first, second), 3 * first * second)
    assert net.network.seen[0].shape == (2, 3, 7, 5)
    stacked = carded(lambda both: both[:, :1], channels=3, inputs=1)
    stacked(first, second)
    assert torch.equal(stacked.network.seen[0], torch.cat([first] * 3 + [second] * 3, 1))


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        (NAMED_RANGES["0-1"], lambda x: x),
        (NAMED_RANGES["0-255"], lambda x: 255 * x),
        (NAMED_RANGES["-1-1"], lambda x: 2 * x - 1),
        (ValueRange.normalized([0.4], [0.2]), lambda x: (x - 0.4) / 0.2),
    ],
)
def test_ranges_are_converted_there_and_back(wanted, there):
    first, second = images()
    net = carded(lambda a, b: a, input_range=wanted, output_range=wanted)
    torch.testing.assert_close(net(first, second), first)
    for seen, image in zip(net.network.seen, (first, second), strict=True):
        torch.testing.assert_close(seen, there(image))


def test_each_channel_can_have_its_mean_and_deviation():
    first, second = images()
    net = carded(lambda a, b: a, channels=3, input_range=IMAGENET, output_channel=2, output_range=IMAGENET)
    torch.testing.assert_close(net(first, second), first)
    mean, sd = (
        torch.tensor(each, dtype=first.dtype)[:, None, None]
        for each in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    )
    torch.testing.assert_close(net.network.seen[1], (second.repeat(1, 3, 1, 1) - mean) / sd)


@pytest.mark.parametrize(
    ("key", "made"), [(1, lambda a, b: (b, a)), (-1, lambda a, b: [b, a]), ("y", lambda a, b: {"x": b, "y": a})]
)
def test_the_output_can_be_one_of_several(key, made):
    first, second = images()
    assert torch.equal(carded(made, output=key)(first, second), first)


def test_a_channel_of_the_output_is_taken_or_all_three_made_grey():
    first, second = images()
    three = lambda a, b: torch.cat((a, b, a * b), 1)  # noqa: E731
    assert torch.equal(carded(three, output_channel=1)(first, second), second)
    grey = carded(three, output_channel="grey", output_range=NAMED_RANGES["-1-1"])(first, second)
    by_hand = [(each + 1) / 2 for each in (first, second, first * second)]
    torch.testing.assert_close(grey, 0.2989 * by_hand[0] + 0.5870 * by_hand[1] + 0.1140 * by_hand[2])


@pytest.mark.parametrize(
    ("lines", "size"),
    [
        ({"multiple": 4}, (8, 8)),
        ({"multiple": 5}, (10, 5)),
        ({"square": True}, (7, 7)),
        ({"multiple": 4, "square": True}, (8, 8)),
        ({"multiple": 16}, (16, 16)),
        ({"multiple": 7, "square": True}, (7, 7)),
    ],
)
def test_images_are_continued_at_the_right_and_bottom_and_cut_back(lines, size):
    first, second = images()
    net = carded(unlike, **lines)
    rows, cols = (torch.arange(side).clamp(max=last) for side, last in zip(size, (6, 4), strict=True))
    large = [image[:, :, rows][..., cols] for image in (first, second)]
    assert torch.equal(net(first, second), unlike(*large)[..., :7, :5])
    assert all(torch.equal(seen, image) for seen, image in zip(net.network.seen, large, strict=True))


def test_images_that_fit_are_not_changed():
    first, second = images(8, 4)
    net = carded(unlike, multiple=4)
    assert torch.equal(net(first, second), unlike(first, second))


class Coloured(nn.Module):
    """Takes one tensor of six channels with sides that are multiples of 4; returns three channels by name."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.down = nn.Conv2d(6, 4, 4, stride=4)
        self.up = nn.ConvTranspose2d(4, 3, 4, stride=4)
        self.skip = nn.Conv2d(6, 3, 3, padding=1, padding_mode="reflect")

    def forward(self, both):
        return {"features": both, "fused": torch.tanh(self.up(torch.sigmoid(self.down(both))) + self.skip(both))}


EVERYTHING = NetworkCard(
    inputs=1,
    channels=3,
    input_range=IMAGENET,
    order=(2, 1),
    output="fused",
    output_channel="grey",
    output_range=NAMED_RANGES["-1-1"],
    multiple=4,
    square=True,
)


def everything_by_hand(network, first, second):
    """What `EVERYTHING` says, for images of 6 × 7 pixels."""
    mean, sd = (
        torch.tensor(each, dtype=first.dtype)[:, None, None]
        for each in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    )
    both = torch.cat([(image.repeat(1, 3, 1, 1) - mean) / sd for image in (second, first)], 1)
    y = (network(F.pad(both, (0, 1, 0, 2), mode="replicate"))["fused"] + 1) / 2
    return (0.2989 * y[:, :1] + 0.5870 * y[:, 1:2] + 0.1140 * y[:, 2:])[..., :6, :7]


def test_all_lines_together_give_the_values_and_the_dense_jacobian_of_the_same_by_hand():
    network = Coloured().double()
    net, inputs = CardedNetwork(network, EVERYTHING), tuple(images(6, 7, count=1))
    torch.testing.assert_close(net(*inputs), everything_by_hand(network, *inputs))
    jacobian = torch.autograd.functional.jacobian
    found, expected = jacobian(net, inputs), jacobian(lambda *both: everything_by_hand(network, *both), inputs)
    for one, other in zip(found, expected, strict=True):
        assert other.abs().max() > 1e-3
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-14)


def test_derivatives_through_all_lines_are_those_of_differences():
    net = CardedNetwork(Coloured().double(), EVERYTHING)
    assert torch.autograd.gradcheck(net, [image.requires_grad_() for image in images(6, 7, count=1)])


class Halving(nn.Module):
    """Halves five times and comes back with what it kept: only multiples of 32 fit together."""

    def forward(self, first, second):
        kept, x = [], first + second
        for _ in range(5):
            kept.append(x)
            x = F.max_pool2d(x, 2)
        while kept:
            x = F.interpolate(x, scale_factor=2.0) + kept.pop()
        return x


def test_a_size_that_a_network_cannot_take_is_told_with_the_multiple_that_mends_it():
    net = CardedNetwork(Halving(), NetworkCard(place="net.toml"), "Halving")
    sentence = refusal(net, *images(97, 90))
    assert sentence.startswith("Halving fails on images of 97 × 90 pixels (RuntimeError: The size of tensor a")
    assert sentence.endswith("; it runs on padded images, with multiple = 32 in net.toml.")
    with pytest.raises(NetworkSizeError) as caught:
        net(*images(97, 90))
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert net(*images(96, 64)).shape == (2, 1, 96, 64)
    assert CardedNetwork(Halving(), NetworkCard(multiple=32))(*images(97, 90)).shape == (2, 1, 97, 90)
    assert "multiple = 32" in refusal(CardedNetwork(Halving(), NetworkCard(multiple=8)), *images(97, 90))


def only_square(first, second):
    return first @ second


def six_channels(both):
    return F.conv2d(both, torch.ones(1, 6, 1, 1, dtype=both.dtype))


FAILING = {
    "one tensor": (
        lambda both: F.conv2d(both, torch.ones(1, 2, 1, 1, dtype=both.dtype)),
        "it runs with inputs = 1",
    ),
    "colour": (lambda a, b: F.conv2d(a + b, torch.ones(1, 3, 1, 1, dtype=a.dtype)), "it runs with channels = 3"),
    "six channels": (six_channels, "it runs with inputs = 1 and channels = 3"),
    "square": (only_square, "it runs with square = true"),
    "always": (
        lambda a, b: 1 // 0,
        "(ZeroDivisionError: integer division or modulo by zero); let its forward take two",
    ),
    "in place": (lambda a, b: a.sub_(0.5), "let it make new tensors"),
}


@pytest.mark.parametrize(("function", "said"), FAILING.values(), ids=FAILING)
def test_a_network_that_fails_is_told_what_mends_it(function, said):
    assert said in refusal(carded(function), *[image.requires_grad_() for image in images()])


OTHERS = {
    "tuple": (lambda a, b: (a, torch.cat((a, b), 1)), {}, "output = 0 (2×1×7×5), output = 1 (2×2×7×5)"),
    "dictionary": (
        lambda a, b: {"y": a},
        {},
        'returns 1 things; say in net.toml which is the fused image: output = "y"',
    ),
    "no such place": (lambda a, b: (a, b), {"output": 2}, "output = 0 (2×1×7×5)"),
    "no such key": (lambda a, b: {"y": a}, {"output": "z"}, 'output = "y"'),
    "a key for a list": (lambda a, b: [a, b], {"output": "z"}, "output = 1"),
    "not several": (lambda a, b: a, {"output": 0}, "leave the line output = 0 out of net.toml"),
    "nothing": (lambda a, b: None, {}, "returns NoneType, no tensor"),
    "an array": (lambda a, b: a.numpy(), {}, "returns ndarray, no tensor"),
    "two channels": (lambda a, b: torch.cat((a, b), 1), {}, "gives 2 channels"),
    "three channels": (
        lambda a, b: torch.cat((a, b, a), 1),
        {},
        'output_channel = 0 to 2 or output_channel = "grey"',
    ),
    "grey of two": (lambda a, b: torch.cat((a, b), 1), {"output_channel": "grey"}, "output_channel = 0 to 1."),
    "no such channel": (lambda a, b: torch.cat((a, b), 1), {"output_channel": 2}, "output_channel = 0 to 1."),
    "grey of one": (lambda a, b: a, {"output_channel": "grey"}, 'leave the line output_channel = "grey" out'),
    "three axes": (lambda a, b: a[:, 0], {}, "gives a tensor of shape (2, 7, 5) for inputs of (2, 1, 7, 5)"),
    "one picture of two": (lambda a, b: a[:1], {}, "gives a tensor of shape (1, 1, 7, 5)"),
    "twice the size": (
        lambda a, b: F.interpolate(a, scale_factor=2),
        {},
        "gives 14 × 10 pixels for images of 7 × 5; let",
    ),
    "rounded down": (
        lambda a, b: F.interpolate(F.max_pool2d(a, 2), scale_factor=2),
        {},
        "padded images, with multiple = 2",
    ),
}


@pytest.mark.parametrize(("function", "lines", "said"), OTHERS.values(), ids=OTHERS)
def test_whatever_is_no_fused_image_is_refused_with_what_the_card_can_say(function, lines, said):
    assert said in refusal(carded(function, **lines), *images())


def test_inputs_of_two_sizes_are_refused_before_the_network_is_asked():
    net = carded(unlike)
    assert "two tensors of equal shape" in refusal(net, torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 5))
    assert not hasattr(net.network, "seen")


def test_what_a_network_refuses_itself_stays_its_sentence():
    def refuse(first, second):
        raise InputError("Only brains, please.")

    assert refusal(carded(refuse), *images()) == "Only brains, please."


def test_what_a_network_sets_for_the_whole_program_is_undone():
    def setting(first, second):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        return first + second

    before = torch.get_default_dtype(), torch.is_grad_enabled()
    carded(setting)(*images())
    assert (torch.get_default_dtype(), torch.is_grad_enabled()) == before


def test_one_that_ends_the_program_is_refused_instead():
    def leaving(first, second):
        raise SystemExit("bye")

    with pytest.raises(NetworkSizeError, match="SystemExit: bye"):
        carded(leaving)(*images())

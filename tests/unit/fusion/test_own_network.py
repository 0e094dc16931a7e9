"""Networks brought by path, module or entry point: found, built, named, and leaving everything else as it was."""

import random
import sys
from pathlib import Path

import pytest
import torch

import fusion
from fusion.method.own_loading import name_of
from fusion.method.own_network import OwnNetwork, own_network, with_weights
from tests.support.own_networks import BLEND, refusal, written

PAIR = fusion.phantom(2, size=64)


@pytest.fixture(autouse=True)
def _where(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder where packages are installed, forgotten after the test."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        del sys.modules[name]


def loaded(code, where="own.py", **options):
    file = Path(where)
    written(file.parent, code, name=file.stem)
    return fusion.load(f"{where}:Net", **options)


NET = """
from torch import nn
{before}
class Net(nn.Module):
    def forward(self, first, second):
        return first * {factor}
"""


def test_a_network_is_brought_by_its_file():
    written(Path())
    net = fusion.load("blend.py:Blend")
    assert isinstance(net, fusion.CardedNetwork)
    fused = fusion.fuse(net, PAIR)
    assert fused.shape == (64, 64)
    inputs = [torch.from_numpy(each)[None, None] for each in (PAIR.first, PAIR.second)]
    space = {}
    exec(BLEND, space)
    bare = space["Blend"]().eval()
    bare.load_state_dict(net.network.state_dict())
    assert torch.equal(torch.from_numpy(fused), bare(*inputs).detach()[0, 0])


@pytest.mark.parametrize("where", ["own.py", "./deep/er/own.py", "a=b/own.py"])
def test_a_path_may_lead_anywhere(where):
    assert loaded(NET.format(before="", factor=2), where).title == "Net"
    assert fusion.load(f"{Path(where).absolute()}:Net").title == "Net"


def test_the_card_lies_beside_the_code():
    written(Path(), NET.format(before="", factor=2), 'name = "Mine"\norder = [2, 1]', name="own")
    net = fusion.load("own.py:Net")
    assert (net.title, net.card.name) == ("Mine", "Mine")
    assert (fusion.fuse(net, PAIR) == 2 * PAIR.second).all()


def test_a_name_comes_from_the_person_else_the_card_else_the_class():
    written(Path(), NET.format(before="raise SystemExit", factor=1), name="own")
    assert [name_of(own_network(text)) for text in ("own.py:Net=A: b", "own.py:Net")] == ["A: b", "Net"]
    written(Path(), "", 'name = "Mine"', name="own")
    assert [name_of(own_network(text)) for text in ("own.py:Net=A", "own.py:Net")] == ["A", "Mine"]


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("my_net.py:MyNet", "my_net.py:MyNet", ""),
        ("a/b=c/my_net.py:MyNet=My net", "a/b=c/my_net.py:MyNet", "My net"),
        ("C:\\nets\\my_net.py:MyNet=X", "C:\\nets\\my_net.py:MyNet", "X"),
        ("package.module:make.net", "package.module:make.net", ""),
        ("offered=X", "offered", "X"),
    ],
)
def test_how_a_network_is_written(text, code, name):
    assert own_network(text) == OwnNetwork(code, None, name)


def test_what_names_no_network_is_refused():
    assert "names no network" in refusal(own_network, "")
    assert "cannot hold one" in refusal(own_network, "a.py:A=B,C")


def test_weights_belong_to_the_network_before_them():
    a, b = OwnNetwork("a.py:A"), OwnNetwork("b.py:B")
    x, y = Path("x.pth"), Path("y.pth")
    assert with_weights([a, x, b, y]) == (OwnNetwork("a.py:A", x), OwnNetwork("b.py:B", y))
    assert with_weights([a, b, y]) == (a, OwnNetwork("b.py:B", y))
    assert with_weights([x, a]) == (OwnNetwork("a.py:A", x),)
    for wrong in ([a, x, y], [x, a, b], [x]):
        assert "right after the --network" in refusal(with_weights, wrong)


BROKEN = {
    "no file": (None, "own.py:Net", "There is no file own.py; write file.py:Class"),
    "no class": ("class A: pass\nclass B: pass", "own.py", "own.py:A or own.py:B."),
    "no class in bad code": ("class", "own.py", "Say which class of own.py is meant: own.py:Class."),
    "empty class": ("x = 1", "own.py:", "There is no network called 'own.py:'"),
    "another class": (
        NET.format(before="", factor=1),
        "own.py:Nett",
        "own.py has no 'Nett'; its networks are Net.",
    ),
    "no network": ("x = 1", "own.py:Net", "own.py has no 'Net'; it defines no torch.nn.Module."),
    "no ending": (NET, "deep/own:Net", "neither a module nor a Python file"),
    "bad code": ("x = 1\nclass Net(:", "own.py:Net", "own.py is no valid Python: line 2, "),
    "absent package": ("import no_such_package.part", "own.py:Net", "own.py needs the package no_such_package"),
    "absent name": (
        "from torch import no_such_name",
        "own.py:Net",
        "ImportError: cannot import name 'no_such_name'",
    ),
    "own package": ("from .blocks import Block", "own.py:Net", "own.py imports blocks of its own package"),
    "no forward": (
        "import torch\nclass Net(torch.nn.Module): pass",
        "own.py:Net",
        "Net has no forward, so nothing says how it fuses two images",
    ),
    "download": (
        "import urllib.error\ndef Net(): raise urllib.error.URLError('no net')",
        "own.py:Net",
        "downloads something when it is built, which cannot be had from here (<urlopen error no net>)",
    ),
    "fails": ("1 / 0", "own.py:Net", "own.py cannot be imported (ZeroDivisionError: division by zero)"),
    "ends": ("import sys\nsys.exit(3)", "own.py:Net", "own.py ends the program when it is imported"),
    "a number": ("Net = 5", "own.py:Net", "Net is a int, no network"),
    "makes none": ("def Net(): return {}", "own.py:Net", "Net makes a dict; let it make a torch.nn.Module."),
    "arguments": (
        "class Net:\n    def __init__(self, width): pass",
        "own.py:Net",
        "missing a required argument: 'width'; write its arguments into own.toml, under [arguments], or name",
    ),
    "constructor": (
        "class Net:\n    def __init__(self): raise KeyError('x')",
        "own.py:Net",
        "Net cannot be built (KeyError: 'x'); mend it, or write other [arguments] into own.toml.",
    ),
    "no module": ("", "no_such_module:Net", "There is no module no_such_module"),
    "no part": ("", "own.no_such_part:Net", "There is no module own.no_such_part"),
    "nobody's": ("", "own:Net", "own has no 'Net'"),
}


@pytest.mark.parametrize(("code", "name", "said"), BROKEN.values(), ids=BROKEN)
def test_code_that_cannot_be_used_is_one_sentence(code, name, said):
    if code is not None:
        written(Path(), code, name="own")
    before = list(sys.path)
    try:
        assert said in refusal(fusion.load, name)
    finally:
        sys.modules.pop("own", None)
    assert sys.path == before


def test_a_wrong_argument_on_the_card_is_told():
    written(Path(), BLEND, "[arguments]\nwidth = 3")
    assert "got an unexpected keyword argument 'width'" in refusal(fusion.load, "blend.py:Blend")


def test_a_factory_and_a_ready_network_are_taken():
    written(
        Path(),
        BLEND + "\ndef make(channels): return Blend(channels)\nready = Blend(5)\n",
        "[arguments]\nchannels = 2",
    )
    assert fusion.load("blend.py:make").network.last.in_channels == 2
    assert "ready is built already; leave [arguments] out" in refusal(fusion.load, "blend.py:ready")
    Path("blend.toml").unlink()
    assert fusion.load("blend.py:ready").network.last.in_channels == 5


def test_two_files_of_one_name_with_helpers_of_one_name_do_not_meet():
    for folder, factor in (("a", 2), ("b", 3)):
        written(Path(folder), f"FACTOR = {factor}", name="helper_of_net")
        written(Path(folder) / "parts", "from helper_of_net import FACTOR\nDOUBLE = 2 * FACTOR", name="more")
        code = NET.format(
            before="from helper_of_net import FACTOR\nfrom parts.more import DOUBLE", factor="(FACTOR + DOUBLE)"
        )
        written(Path(folder), code, name="own")
    before = list(sys.path), set(sys.modules)
    nets = [fusion.load(f"{folder}/own.py:Net") for folder in ("a", "b", "a")]
    for net, factor in zip(nets, (6, 9, 6), strict=True):
        assert (fusion.fuse(net, PAIR) == factor * PAIR.first).all()
    assert sys.path == before[0]
    new = set(sys.modules) - before[1]
    assert all(name.startswith("own_network_") for name in new)
    assert len(new) == 2


def test_a_file_beside_the_network_hides_no_loaded_module_for_good():
    written(Path(), "NAME = 'mine'", name="safetensors")
    loaded(NET.format(before="from safetensors import NAME", factor="len(NAME)"))
    import safetensors

    assert hasattr(safetensors, "SafetensorError")


def test_an_altered_file_is_read_anew():
    assert (fusion.fuse(loaded(NET.format(before="", factor=2)), PAIR) == 2 * PAIR.first).all()
    assert (fusion.fuse(loaded(NET.format(before="", factor=3)), PAIR) == 3 * PAIR.first).all()
    assert not Path("__pycache__").exists()


def test_loading_changes_nothing_for_the_others():
    names, method = fusion.names(), fusion.find("MaskNet")
    shipped = fusion.fuse(fusion.load("MaskNet"), PAIR)
    torch.manual_seed(9)
    state, threads, plain = torch.get_rng_state(), torch.get_num_threads(), random.getstate()
    before = """
import torch
torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
torch.set_num_threads(2)
torch.set_grad_enabled(False)
torch.set_default_device("meta")
torch.set_float32_matmul_precision("medium")
torch.use_deterministic_algorithms(True)
torch.autograd.set_detect_anomaly(True)
from fusion.method.registry import register
"""
    code = NET.format(before=before, factor=2).replace(
        "class Net", '@register(name="MaskNet", reference="", summary="")\nclass Net'
    )
    loaded(code)
    assert torch.equal(torch.get_rng_state(), state)
    assert (torch.get_default_dtype(), torch.get_num_threads()) == (torch.float32, threads)
    assert (torch.get_default_device().type, torch.get_float32_matmul_precision()) == ("cpu", "highest")
    assert torch.is_grad_enabled()
    assert not torch.are_deterministic_algorithms_enabled()
    assert not torch.is_anomaly_enabled()
    assert random.getstate() == plain
    assert fusion.names() == names
    assert fusion.find("MaskNet") is method
    assert (fusion.fuse(fusion.load("MaskNet"), PAIR) == shipped).all()


def test_code_that_reads_a_command_line_finds_none(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["fusevis", "jacobian", "--out", "spot"])
    before = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--out_channels", type=int)
parser.parse_args()
"""
    assert (fusion.fuse(loaded(NET.format(before=before, factor=2)), PAIR) == 2 * PAIR.first).all()
    assert sys.argv == ["fusevis", "jacobian", "--out", "spot"]


def test_random_weights_are_the_same_each_time():
    written(Path())
    one, other = (fusion.load("blend.py:Blend").state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_module_is_brought_by_its_name(packages):
    written(packages / "some_fusers", "", name="__init__")
    written(
        packages / "some_fusers",
        "from .blocks import FACTOR" + NET.format(before="", factor="FACTOR"),
        'name = "Some"',
        "net",
    )
    written(packages / "some_fusers", "FACTOR = 4", name="blocks")
    net = fusion.load("some_fusers.net:Net")
    assert net.title == "Some"
    assert (fusion.fuse(net, PAIR) == 4 * PAIR.first).all()


def test_a_file_of_a_package_imports_its_neighbours_whatever_the_package_is_called():
    """Many a repository has its networks in a folder `fusion` or `models`, with relative imports."""
    inside = Path("repository", "fusion", "networks")
    written(inside, f"from ..parts import FACTOR\n{NET.format(before='', factor='FACTOR')}", name="net")
    written(inside.parent, "from . import more\nFACTOR = 2 * more.HALF", name="parts")
    written(inside.parent, "import fusion.data.pairs\nimport settings\nHALF = settings.HALF", name="more")
    written(inside.parents[1], "HALF = 3", name="settings")
    code = f"{inside / 'net.py'}:Net"
    before = dict(sys.modules)
    assert (fusion.fuse(fusion.load(code), PAIR) == 6 * PAIR.first).all()
    assert "settings" not in sys.modules
    assert all(sys.modules[name] is module for name, module in before.items())
    written(inside.parents[1], "HALF = 10", name="settings")
    assert (fusion.fuse(fusion.load(code), PAIR) == 20 * PAIR.first).all()


def test_a_neighbour_that_reaches_further_up_is_told():
    written(Path("package"), "from . import parts", name="net")
    written(Path("package"), "from .. import more", name="parts")
    assert "imports from folders above its own package" in refusal(fusion.load, "package/net.py:Net")


def test_what_a_package_runs_first_is_run():
    written(Path("package"), "FACTOR = 7", name="__init__")
    written(Path("package"), f"from . import FACTOR\n{NET.format(before='', factor='FACTOR')}", name="net")
    assert (fusion.fuse(fusion.load("package/net.py:Net"), PAIR) == 7 * PAIR.first).all()


def test_a_module_where_a_person_stands_is_found(monkeypatch):
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each not in ("", str(Path.cwd()))])
    written(Path(), NET.format(before="", factor=5), name="standing_here")
    before = list(sys.path)
    assert fusion.load("standing_here:Net").title == "Net"
    assert sys.path == before
    del sys.modules["standing_here"]


def test_an_entry_point_is_loaded_only_when_it_is_named(packages):
    written(packages, NET.format(before="", factor=6), 'name = "Offered net"', "offering_package")
    info = packages / "offering-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: offering\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("[fusevis.networks]\noffered = offering_package:Net\n", "utf-8")
    assert name_of(OwnNetwork("offered")) == "Offered net"
    assert "There is no fusion method called 'offerde'" in refusal(fusion.load, "offerde")
    assert "offering_package" not in sys.modules
    net = fusion.load("offered")
    assert net.title == "Offered net"
    assert (fusion.fuse(net, PAIR) == 6 * PAIR.first).all()


def test_registered_names_mean_what_they_meant():
    assert type(fusion.load("masknet")) is fusion.find("MaskNet").build
    assert "choose one of: MaskNet" in refusal(fusion.load, "maskent")
    assert "MaskNet is no network of your own" in refusal(fusion.load, "masknet", weights="w.pth")
    assert "There is no fusion method called 'maskent'" in refusal(fusion.load, "maskent", weights="w.pth")

"""How far the shipped networks see stands on their cards, for their weights and this code alone."""

import json
import shutil

import pytest

import fusion
import saliency.receptive_field.on_card as on_card
from fusion.shipped import SHIPPED
from saliency import Locality
from saliency.__main__ import main
from saliency.receptive_field.locality import REASONS
from saliency.receptive_field.on_card import locality_on_card, read_locality, write_on_card
from tests.support.networks import KNOWN, RADII

TRAINED = [name for name, method in fusion.methods().items() if method.trained]


def weights_of(name):
    return fusion.load_with_hash(name)[1]


@pytest.mark.parametrize("name", TRAINED)
def test_it_is_of_the_code_as_it_is(name):
    """Where this fails, a network's code or weights have changed: `python -m saliency receptive-field --write`."""
    found = locality_on_card(name, SHIPPED, weights_of(name))
    assert found is not None
    known = KNOWN.get("CAMF" if name.startswith("CAMF") else name)
    assert found.radius == (known.radius if known else RADII.get(name, 0))
    assert found.is_local == (name != "UAAFusion")


@pytest.fixture
def folder(tmp_path):
    for ending in ("json", "safetensors"):
        shutil.copy(SHIPPED / f"maskNet.{ending}".lower(), tmp_path)
    return tmp_path


def test_it_is_not_believed_of_other_weights_or_code(folder, monkeypatch):
    assert locality_on_card("masknet", folder, "ab") is None
    assert locality_on_card("masknet", folder, weights_of("MaskNet")) == Locality(8, shrinks=True)
    monkeypatch.setattr(on_card, "code_hash", lambda: "of tomorrow")
    assert locality_on_card("masknet", folder, weights_of("MaskNet")) is None


@pytest.mark.parametrize("entry", [7, {"MaskNet": 3}, {"MaskNet": {}}, {"MaskNet": {"found": {"reach": 3}}}])
def test_what_another_version_wrote_is_passed_over(folder, entry):
    weights = weights_of("MaskNet")
    content = json.loads((folder / "masknet.json").read_text("utf-8"))
    if isinstance(entry, dict) and isinstance(entry["MaskNet"], dict):
        entry = {"MaskNet": {"weights": weights, "code": on_card.code_hash(), **entry["MaskNet"]}}
    (folder / "masknet.json").write_text(json.dumps({**content, "receptive_field": entry}), "utf-8")
    assert locality_on_card("MaskNet", folder, weights) is None


@pytest.mark.slow
def test_the_command_measures_and_writes_it(folder, capsys):
    weights, card = weights_of("MaskNet"), folder / "masknet.json"
    before = json.loads(card.read_text("utf-8"))
    bare = {name: value for name, value in before.items() if name != "receptive_field"}
    card.write_text(json.dumps(bare), "utf-8")
    assert main(["receptive-field", "--methods", "masknet", "--checkpoints", str(folder)]) == 0
    assert capsys.readouterr().out == "MaskNet: radius 8, stride 1\n"
    assert locality_on_card("MaskNet", folder, weights) is None
    main(["receptive-field", "--methods", "masknet", "--checkpoints", str(folder), "--write"])
    assert json.loads(card.read_text("utf-8")) == before


def test_methods_that_share_weights_share_a_card(folder, monkeypatch):
    write_on_card("MaskNet", folder, "ab", Locality(8))
    content = json.loads((folder / "masknet.json").read_text("utf-8"))
    content["receptive_field"]["Another"] = 5
    (folder / "masknet.json").write_text(json.dumps(content), "utf-8")
    write_on_card("MaskNet", folder, "ab", Locality(9))
    assert json.loads((folder / "masknet.json").read_text("utf-8"))["receptive_field"]["Another"] == 5


def test_that_measuring_failed_is_not_written(folder):
    with pytest.raises(ValueError, match="could not be measured"):
        write_on_card("MaskNet", folder, "ab", Locality(0, is_local=False, reason=REASONS["failed"]))


@pytest.mark.parametrize(
    "wrong", [{"radius": "3"}, {"radius": -1}, {"stride": 0}, {"is_local": 1}, {"reason": None}]
)
def test_a_word_for_a_number_is_as_if_nothing_stood_there(wrong):
    assert read_locality({"radius": 3, **wrong}) is None

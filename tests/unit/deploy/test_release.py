"""What a release holds, and the image's steps: by small files that stand for the large ones."""

import hashlib
import re
import zipfile

import pytest

from support import image_steps, release


@pytest.fixture
def wheels(tmp_path):
    for name in ("some_thing-1.2-py3-none-any.whl", "torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl"):
        with zipfile.ZipFile(tmp_path / name, "w") as wheel:
            wheel.writestr("content", name)
    return sorted(tmp_path.glob("*.whl"))


def test_every_wheel_is_required_in_its_version_by_its_hash(wheels):
    lines = release.requirements(wheels).splitlines()
    assert [line.split(" --hash=")[0] for line in lines] == ["some-thing==1.2", "torch==2.13.0+cpu"]
    digests = [hashlib.sha256(each.read_bytes()).hexdigest() for each in wheels]
    assert [line.rpartition(":")[2] for line in lines] == digests


def test_checksums_are_those_that_sha256sum_reads(tmp_path):
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "a").write_bytes(b"one")
    assert release.checksums(tmp_path) == f"{hashlib.sha256(b'one').hexdigest()}  deploy/a\n"


def test_the_dockerfile_installs_without_an_index_and_runs_as_nobody():
    told = image_steps.instructions((image_steps.DOCKER / "Dockerfile").read_text("utf-8"))
    installs = [words for name, words in told if name == "RUN" and "pip install" in words]
    assert len(installs) == 1
    assert "--no-index" in installs[0]
    assert "--require-hashes" in installs[0]
    last = [name for name, _ in told][::-1]
    assert last.index("USER") < last.index("RUN")  # nothing is run as root once the user is chosen
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", dict(told)["USER"])


def test_the_container_can_write_its_own_and_reach_nobody():
    text = (image_steps.DOCKER / "compose.yaml").read_text("utf-8")
    for line in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "internal: true", "mem_limit:"):
        assert line in text
    assert "ports:" not in text


def test_the_containers_command_is_one_of_the_dashboards():
    from dashboard.cli.fusevis import SUBCOMMANDS
    from fusion.cli.subcommands import parser_of

    command = image_steps.composed((image_steps.DOCKER / "compose.yaml").read_text("utf-8"))
    chosen = parser_of("fusevis", "", SUBCOMMANDS).parse_args(command)
    assert (chosen.host, chosen.sign_on, chosen.trusted_host) == ("0.0.0.0", "local", ["fusevis.example.org"])
    assert "--pairs" not in image_steps.without_pairs(command)


def test_paths_of_the_image_lie_below_its_folder(tmp_path):
    image = image_steps.Image(tmp_path)
    told = "install --find-links {0}/wheelhouse FOLDER={0}/data/cache {0}/opt/fusevis/bin/x /tmp ./data/x"
    assert image.here(told.format("")) == told.format(tmp_path)

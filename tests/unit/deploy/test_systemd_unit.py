"""The unit that ships: systemd's own checks, and what of its keys must not go."""

import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
UNIT = ROOT / "deploy" / "systemd" / "fusevis.service"
MUST = {
    "DynamicUser": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "IPAddressDeny": "any",
    "StateDirectory": "fusevis",
    "CacheDirectory": "fusevis",
    "UMask": "0077",
    "LimitCORE": "0",
}
MOST_EXPOSED = 2.0
"""Of 10, by `systemd-analyze security`."""


@pytest.fixture(scope="module")
def service():
    read = ConfigParser(interpolation=None, strict=False)
    read.optionxform = str
    read.read_string(UNIT.read_text("utf-8"))
    return read["Service"]


@pytest.fixture
def analyze(tmp_path):
    """`systemd-analyze` on the unit, with a program for ``ExecStart`` that is here."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not here; the unit's keys are looked at by the other tests alone.")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/fusevis/bin/fusevis", sys.executable), "utf-8")
    return lambda *words: subprocess.run([program, *words, str(unit)], capture_output=True, text=True)


def test_what_closes_it_is_there(service):
    assert {key: service[key] for key in MUST} == MUST
    assert re.fullmatch(r"\d+G", service["MemoryMax"])


def test_its_end_is_longer_than_the_dashboards_own(service):
    from dashboard.server.http_server import DRAIN_WITHIN, END_WITHIN

    assert float(service["TimeoutStopSec"]) > DRAIN_WITHIN + END_WITHIN
    assert service["KillMode"] == "mixed"


def test_its_options_are_the_dashboards(service):
    from dashboard.cli.fusevis import SUBCOMMANDS
    from fusion.cli.subcommands import parser_of

    example = re.search(r"FUSEVIS_OPTIONS=(.*)", UNIT.read_text("utf-8"))[1]
    command = service["ExecStart"].replace("$FUSEVIS_OPTIONS", example).split()
    chosen = parser_of("fusevis", "", SUBCOMMANDS).parse_args(command[1:])
    assert (chosen.prefix, chosen.sign_on, chosen.trusted_hops) == ("/fusevis/", "local", 1)
    assert (chosen.intranet, chosen.log_json) == (True, True)


def test_systemd_finds_no_fault(analyze):
    done = analyze("verify")
    ours = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert (done.returncode, ours) == (0, [])


def test_systemd_finds_a_fault_that_is_put_in(analyze, tmp_path):
    unit = tmp_path / UNIT.name
    unit.write_text(unit.read_text("utf-8").replace("ProtectSystem=strict", "ProtectSystem=strictly"), "utf-8")
    assert "Failed to parse protect system value" in analyze("verify").stderr


def test_systemd_finds_it_little_exposed(analyze):
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED * 10:.0f}")
    assert done.returncode == 0, done.stdout[-3000:]

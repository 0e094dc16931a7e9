"""The administrator's page: its commands and options are the program's, its links lead somewhere."""

import re
from pathlib import Path

import pytest

from dashboard.cli.fusevis import SUBCOMMANDS
from dashboard.option_values import ROLES
from fusion.cli.subcommands import parser_of

PAGE = Path(__file__).resolve().parents[3] / "deploy" / "README.md"
TEXT = PAGE.read_text("utf-8")
COMMANDS = re.findall(r"^    (?:/opt/fusevis/bin/)?fusevis (.*)$", TEXT, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_of_the_program(command):
    words = [each for each in command.split() if each != "…"]
    assert parser_of("fusevis", "", SUBCOMMANDS).parse_args(words).subcommand


def test_there_are_commands_to_try():
    assert {each.split()[0] for each in COMMANDS} == {"users", "dashboard", "worker"}


def test_each_role_is_told():
    table = TEXT.partition("| role | may |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| ([a-z-]+) \|", table, re.MULTILINE) == list(ROLES)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", TEXT))
def test_a_link_leads_somewhere(link):
    assert (PAGE.parent / link).exists()


@pytest.mark.parametrize("option", sorted(set(re.findall(r"`(--[a-z-]+)", TEXT))))
def test_an_option_is_the_dashboards(option):
    dashboard = next(each for each in SUBCOMMANDS if each.name == "dashboard")
    parser = parser_of("fusevis", "", (dashboard,))
    told = parser._subparsers._group_actions[0].choices["dashboard"].format_help()
    assert option in told or option == "--role"

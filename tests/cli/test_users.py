"""``fusevis users`` and ``fusevis audit``: a user's life, the audit of it, and what is refused."""

import io
import json

import pytest

from dashboard.access.access_folder import AccessFolder
from dashboard.access.user_store import Attempt, UserStore
from dashboard.cli.fusevis import main

PASSWORD = "ten letters and more"


@pytest.fixture
def fusevis(tmp_path, monkeypatch, capsys):
    def run(*words, typed=PASSWORD):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        code = main(["users", *words, "--access", str(tmp_path / "access")])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def stored(tmp_path):
    folder = AccessFolder(tmp_path / "access")
    return UserStore(folder.users, folder.key())


def test_a_users_life_and_its_audit(fusevis, tmp_path, capsys):
    assert fusevis("add", "anna", "--role", "analyst", "--role", "auditor") == (0, "Added anna.\n")
    assert fusevis("add", "pia", "--no-password") == (0, "Added pia.\n")
    assert fusevis("list")[1] == "anna  analyst auditor\npia  viewer  (no password)\n"
    assert stored(tmp_path).attempt("anna", PASSWORD) is Attempt.DONE
    assert fusevis("role", "anna", "viewer", "model-admin")[0] == 0
    assert fusevis("password", "anna", typed="another one, longer")[0] == 0
    assert stored(tmp_path).attempt("anna", "another one, longer") is Attempt.DONE
    assert fusevis("remove", "pia")[0] == 0
    assert fusevis("list")[1] == "anna  model-admin viewer\n"
    path = tmp_path / "access" / "audit.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(each["action"], each["about"]) for each in lines] == [
        ("users add", "anna"),
        ("users add", "pia"),
        ("users role", "anna"),
        ("users password", "anna"),
        ("users remove", "pia"),
    ]
    assert all("(command line)" in each["user"] for each in lines)
    assert PASSWORD not in path.read_text()
    assert main(["audit", "verify", str(path)]) == 0
    assert capsys.readouterr().out.startswith("5 lines, each of which follows")
    path.write_text(path.read_text().replace("users remove", "users add", 1))
    assert main(["audit", "verify", str(path)]) == 2
    assert "ends with line 5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (("add", "a b"), PASSWORD, "A user's name"),
        (("add", "anna"), "short", "10 characters"),
        (("remove", "nobody"), "", "no user 'nobody'"),
    ],
)
def test_what_is_refused(fusevis, words, typed, told):
    code, printed = fusevis(*words, typed=typed)
    assert (code, told in printed) == (2, True)


def test_a_role_that_is_none(fusevis):
    with pytest.raises(SystemExit):
        fusevis("role", "anna", "boss")


def test_an_audit_that_is_not_there(capsys, tmp_path):
    assert main(["audit", "verify", str(tmp_path / "none.jsonl")]) == 2
    assert "No such file" in capsys.readouterr().err

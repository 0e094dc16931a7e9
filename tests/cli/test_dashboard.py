"""``python -m dashboard``: what it refuses, and that it opens and ends."""

import argparse
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from functools import partial
from pathlib import Path
from urllib.error import HTTPError

import pytest
from flask import Flask

from dashboard.__main__ import main
from dashboard.access import signing_on
from dashboard.access.signing_on import oidc_secret
from dashboard.cli import serving
from dashboard.cli.dashboard_commands import DASHBOARD
from fusion import InputError
from tests.support.raw_requests import answered as answered_raw
from tests.support.raw_requests import connected, head
from tests.support.started_dashboards import forked, free_port, started
from tests.support.waiting import PATIENCE, until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def taken_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def refusal(capsys, *arguments):
    assert main([str(each) for each in arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("python -m dashboard: ")
    return printed.err


def test_a_port_in_use(capsys, taken_port):
    sentence = refusal(capsys, "--port", taken_port)
    assert f"Port {taken_port} on 127.0.0.1 cannot be used" in sentence
    assert "--port" in sentence


@pytest.mark.parametrize("port", [0, -1, 65536, 99999])
def test_a_port_that_is_none(capsys, port):
    assert f"from 1 to 65535, not {port}" in refusal(capsys, "--port", port)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.org", ""])
def test_a_host_that_others_reach_has_to_be_asked_for(capsys, host):
    assert "--expose" in refusal(capsys, "--host", host, "--port", free_port())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--prefix", "/fusevis/"), "add --intranet"),
        (("--trusted-hops", "1"), "add --intranet"),
        (("--intranet", "--prefix", "/a b/"), "--prefix is a path"),
        (("--intranet", "--prefix", "/../"), "--prefix is a path"),
        (("--intranet", "--prefix", "/a//b/"), "--prefix is a path"),
        (("--intranet", "--trusted-host", "https://ward.example"), "a name alone"),
        (("--intranet", "--trusted-host", "*"), "a name alone"),
        (("--intranet", "--trusted-hops", "-1"), "from 0 on, not -1"),
        (("--intranet", "--trusted-host", "ward.example"), "--expose"),
        (("--intranet", "--host", "0.0.0.0"), "--trusted-host"),
        (("--intranet", "--host", "0.0.0.0", "--expose"), "--trusted-host"),
        (("--intranet", "--host", "0.0.0.0", "--trusted-host", "ward.example"), "--expose"),
    ],
)
def test_what_a_proxy_needs_is_asked_for(capsys, words, told):
    assert told in refusal(capsys, *words, "--port", free_port())


OIDC = (
    *("--sign-on", "oidc", "--oidc-issuer", "https://login.example.org", "--oidc-client", "fusevis"),
    *("--oidc-role", "radiology=viewer"),
)
PROXY = ("--sign-on", "proxy", "--intranet", "--proxy-header", "X-Remote-User", "--proxy-peer", "127.0.0.1")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (PROXY, "needs all three"),
        (PROXY[:3], "needs all three"),
        ((*PROXY[:2], *PROXY[3:], "--proxy-secret", "x"), "add --intranet"),
        ((*PROXY, "--proxy-secret", "x", "--proxy-header", "X_Remote_User"), "a header's name"),
        ((*PROXY, "--proxy-secret", "/nowhere"), "secret cannot be read"),
        (("--proxy-peer", "127.0.0.1"), "are for --sign-on proxy"),
        (("--sign-on", "local", "--idle-minutes", "0"), "above 0"),
        (OIDC[:-2], "--oidc-role GROUP=ROLE"),
        (OIDC, "--oidc-secret, a file"),
        ((*OIDC, "--oidc-secret", "/nowhere"), "secret cannot be read"),
        ((*OIDC, "--oidc-secret", "x", "--oidc-issuer", "http://login.example.org"), "https://login.example.org"),
        ((*OIDC, "--oidc-secret", "x", "--oidc-role", "radiology"), "GROUP=ROLE, such as"),
        ((*OIDC, "--oidc-secret", "x", "--oidc-role", "radiology=boss"), "A role is viewer"),
        ((*OIDC, "--oidc-secret", "x", "--oidc-scope", "profile"), "the word openid"),
        ((*OIDC, "--oidc-secret", "x", "--host", "0.0.0.0"), "add --intranet and --trusted-host"),
        (OIDC[2:4], "is for --sign-on oidc"),
    ],
)
def test_what_signing_on_needs_is_asked_for(capsys, tmp_path, words, told):
    folders = ("--access", tmp_path / "access", "--cache", tmp_path / "cache")
    assert told in refusal(capsys, *words, *folders, "--port", free_port())


def test_with_sign_on_others_may_reach_it(tmp_path):
    words = ["--host", "0.0.0.0", "--sign-on", "local", "--port", str(free_port()), "--access", str(tmp_path)]
    parser = argparse.ArgumentParser()
    DASHBOARD.add_arguments(parser)
    chosen = serving.settings_of(parser.parse_args(words))
    assert (chosen.is_for_others, chosen.is_exposed) == (True, False)


def oidc_settings(*words):
    parser = argparse.ArgumentParser()
    DASHBOARD.add_arguments(parser)
    return serving.settings_of(parser.parse_args([*OIDC, *words, "--port", str(free_port())]))


def test_the_clients_secret_comes_from_the_environment_or_a_file_and_is_shown_nowhere(monkeypatch, tmp_path):
    monkeypatch.setenv("FUSEVIS_OIDC_SECRET", "told by the environment")
    found = oidc_settings()
    assert oidc_secret(found) == "told by the environment"
    assert "told by" not in repr(found)
    path = tmp_path / "secret"
    path.write_text("of the file\n")
    path.chmod(0o600)
    assert oidc_secret(oidc_settings("--oidc-secret", str(path))) == "of the file"
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 640"):
        oidc_secret(oidc_settings("--oidc-secret", str(path)))


def test_without_its_packages_it_is_said_how_they_are_installed(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "authlib.integrations.requests_client", None)
    monkeypatch.delitem(sys.modules, "dashboard.access.oidc_provider", raising=False)
    monkeypatch.delitem(sys.modules, "dashboard.access.oidc_sign_on", raising=False)
    monkeypatch.setenv("FUSEVIS_OIDC_SECRET", "told by the environment")
    with pytest.raises(InputError, match=r"pip install 'fusevis\[oidc\]'"):
        signing_on.install(Flask("without"), oidc_settings("--access", str(tmp_path)))


def test_for_one_person_no_server_for_others_is_loaded():
    loaded = "dashboard.app, dashboard.cli.serving, dashboard.server.http_server, dashboard.server.websocket"
    others = "'uvicorn', 'a2wsgi', 'h11', 'authlib'"
    check = f"import sys, {loaded}; print([each for each in ({others}) if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], cwd=ROOT, text=True, capture_output=True, check=True)
    assert done.stdout == "[]\n"


def test_a_host_that_is_not_this_computers(capsys):
    assert "cannot be used" in refusal(capsys, "--host", "192.0.2.1", "--expose", "--port", free_port())


def test_a_folder_of_pairs_that_is_missing_or_empty(capsys, tmp_path):
    words = ("--port", free_port(), "--cache", tmp_path / "cache", "--pairs")
    assert "does not exist" in refusal(capsys, *words, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "holds no pair" in refusal(capsys, *words, tmp_path / "empty")


def test_a_cache_that_is_a_file(capsys, tmp_path):
    (tmp_path / "cache").write_text("mine")
    assert "cache" in refusal(capsys, "--port", free_port(), "--cache", tmp_path / "cache")
    assert (tmp_path / "cache").read_text() == "mine"


def test_a_word_it_does_not_know(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--prot", "1"])
    assert ended.value.code == 2
    assert "--prot" in capsys.readouterr().err


def test_help_says_how_to_bring_pairs(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "--pairs" in said
    assert "mri/1.png beside pet/1.png" in " ".join(said.split())


def answered(address):
    """The answer; None while the network's receptive field is being measured."""
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as response:
            return response.read()
    except HTTPError as refusal:
        if "is being measured" in refusal.read().decode():
            return None
        raise


INTRANET = "--intranet", "--prefix", "/fusevis/"


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(("more", "prefix"), [((), ""), (INTRANET, "/fusevis")])
def test_its_end_answers_what_has_come_and_takes_nothing_new(tmp_path, random_checkpoints, ending, more, prefix):
    """A request that comes slowly is still on its way when the end is asked for."""
    port = free_port()
    process = forked(port, tmp_path, random_checkpoints, *more)
    guard = threading.Timer(4 * PATIENCE, process.kill)
    guard.start()
    address = f"http://127.0.0.1:{port}"
    try:
        assert process.stdout.readline()
        begun = [connected(address) for _ in range(12)]
        told = head(address, "POST", f"{prefix}/explore/leave", "Content-Length: 9", "Connection: close")
        for each in begun:
            each.sendall(told + b"slo")
        for _ in range(2):  # once it is answered twice, what was sent before was read
            assert urllib.request.urlopen(f"{address}{prefix}/channel", timeout=PATIENCE).status == 200
        process.send_signal(ending)
        until(partial(refuses, port))
        for each in begun:
            each.sendall(b"wly, x")
        assert {answered_raw(each)[0] for each in begun} == {204}
        _, errors = process.communicate(timeout=PATIENCE)
    finally:
        guard.cancel()
        process.kill()
    assert process.returncode == 0
    # The two that are answered may still be open; nothing is lost.
    come, answered = re.findall(r"of (\d+) that had come (\d+) were answered, 0 given up", errors)[0]
    assert 12 <= int(come) == int(answered) <= 14


def refuses(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize(("more", "below"), [((), ""), (INTRANET, "/fusevis/")])
def test_it_opens_says_where_and_ends_on_ctrl_c_amid_its_work(tmp_path, random_checkpoints, more, below):
    port = free_port()
    process = started(port, tmp_path, random_checkpoints, *more)
    guard = threading.Timer(4 * PATIENCE, process.kill)  # a server that never opens must not hold up the tests
    guard.start()
    try:
        line = process.stdout.readline()
        assert line == f"The dashboard is open on http://127.0.0.1:{port}{below} (Ctrl-C ends it).\n"
        root = f"http://127.0.0.1:{port}{below or '/'}"
        with urllib.request.urlopen(root, timeout=PATIENCE) as response:
            assert b"<title>FuseVis</title>" in response.read()
        # A thread cut off inside torch can take the whole program down with "terminate called".
        begun = f"{root}explore/guidance?pair=phantom-1&network=DeepFuse&have=0"
        assert b'"failure":""' in until(partial(answered, begun))
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=PATIENCE)
    finally:
        guard.cancel()
        process.kill()
    assert process.returncode == 0
    assert rest == ""
    logged = errors.splitlines()
    assert f"starts on 127.0.0.1:{port}" in logged[0]
    assert logged[-1].endswith("The dashboard stops.")
    assert all(" INFO " in line for line in logged), errors
    assert str(tmp_path) not in errors

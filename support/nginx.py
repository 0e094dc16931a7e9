"""A real nginx before a dashboard: the site file that ships, on this computer alone, as an ordinary user.

Run as a module: prints which one there is, or fails where there is none.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HOST = "127.0.0.1"
FILES = Path(__file__).resolve().parents[1] / "deploy" / "nginx"
ELSEWHERE = "/usr/sbin", "/usr/local/sbin"
"""Where it lies, which is on no ordinary user's path."""
PATIENCE = 300.0
"""Seconds until it answers, far above what it takes on a busy machine."""
SCHEMES = "http", "https", "http"
CERTIFICATE = (
    f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
    f"-subj /CN={HOST} -addext subjectAltName=IP:{HOST}"
).split()
ALL = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 2048; }}
http {{
    include {types};
    client_body_temp_path bodies;
    proxy_temp_path answers;
    fastcgi_temp_path unused; uwsgi_temp_path unused; scgi_temp_path unused;
    access_log off;
    include site.conf;
    server {{
        listen {host}:{plain};
        server_name {host};
        include locations.conf;
    }}
}}
"""
"""What Debian has around a site; and a second server, which has the same without encryption."""


def nginx_program() -> str | None:
    """Path of an installed nginx; None where there is none, or nothing that makes a certificate for it."""
    found = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", os.defpath), *ELSEWHERE]))
    return found if shutil.which("openssl") else None


@dataclass(frozen=True)
class Proxy:
    """A running nginx: where it has the page, where it only leads to it, and what it has logged."""

    plain: str
    encrypted: str
    leading: str
    log: Path


@dataclass(frozen=True)
class NginxSignOn:
    """Who signs in at nginx: passwords by name, and the secret by which it proves itself to the dashboard."""

    passwords: Mapping[str, str]
    secret: str


@contextmanager
def running_nginx(program: str, port: int, sign_on: NginxSignOn | None = None) -> Iterator[Proxy]:
    """Start ``program`` before the dashboard on ``port``, with the site file that ships, until the block ends."""
    with TemporaryDirectory(prefix="nginx-") as name:
        folder = Path(name)
        ports = _free_ports(3)
        _write(folder, port, *ports)
        (folder / "fusevis.d").mkdir()
        if sign_on:
            _write_sign_on(folder, sign_on)
        user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        if user:
            for each in (folder, *folder.rglob("*")):
                shutil.chown(each, "nobody", "nogroup")
        command = [program, "-e", "stderr", "-p", f"{folder}/", "-c", "nginx.conf"]
        with (folder / "errors.log").open("wb") as errors:
            process = subprocess.Popen(command, stdout=errors, stderr=errors, **user)  # type: ignore[call-overload]
            try:
                _wait(ports, process, folder)
                places = [f"{scheme}://{HOST}:{each}" for scheme, each in zip(SCHEMES, ports, strict=True)]
                yield Proxy(*places, folder / "fusevis.log")
            finally:
                process.terminate()
                process.wait()


def _write(folder: Path, port: int, plain: int, encrypted: int, redirecting: int) -> None:
    """The files that ship, with this computer's ports, name and certificate for the example's."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [*CERTIFICATE, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    own = {
        "server 127.0.0.1:8050;": f"server {HOST}:{port};",
        "listen 80;": f"listen {HOST}:{redirecting};",
        "listen 443 ssl;": f"listen {HOST}:{encrypted} ssl;",
        "server_name fusevis.example.org;": f"server_name {HOST};",
        "/etc/ssl/certs/fusevis.example.org.pem;": f"{certificate};",
        "/etc/ssl/private/fusevis.example.org.key;": f"{key};",
        "/etc/nginx/snippets/fusevis.conf;": "locations.conf;",
        "/etc/nginx/fusevis.d/": f"{folder}/fusevis.d/",
        "/var/log/nginx/fusevis.log": f"{folder}/fusevis.log",
    }
    texts = {name: (FILES / name).read_text("utf-8") for name in ("site.conf", "locations.conf")}
    for before, now in own.items():
        assert any(before in text for text in texts.values()), f"{before} stands in no file"
        texts = {name: text.replace(before, now) for name, text in texts.items()}
    types = "/etc/nginx/mime.types"
    texts["nginx.conf"] = ALL.format(host=HOST, plain=plain, types=types)
    if not Path(types).exists():
        texts["nginx.conf"] = texts["nginx.conf"].replace(f"include {types};", "")
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")


def _write_sign_on(folder: Path, sign_on: NginxSignOn) -> None:
    """The file that ships, with this folder's passwords, and the one line of the secret."""
    own, shipped = f"{folder}/passwords", "/etc/nginx/fusevis.passwords"
    text = (FILES / "sign_on.conf").read_text("utf-8")
    assert f"{shipped};" in text
    (folder / "fusevis.d" / "sign_on.conf").write_text(text.replace(shipped, own), "utf-8")
    (folder / "fusevis.d" / "secret.conf").write_text(f'proxy_set_header X-Fusevis-Secret "{sign_on.secret}";\n')
    lines = [f"{name}:{{PLAIN}}{password}\n" for name, password in sign_on.passwords.items()]
    Path(own).write_text("".join(lines), "utf-8")


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server((HOST, 0)) for _ in range(count)]
    found = [int(each.getsockname()[1]) for each in probes]
    for each in probes:
        each.close()
    return found


def _wait(ports: list[int], process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError((folder / "errors.log").read_text("utf-8", "replace")[-2000:])
        try:
            for port in ports:
                socket.create_connection((HOST, port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("nginx does not answer.")


if __name__ == "__main__":
    path = nginx_program()
    print(path or "nginx, or openssl beside it, is not installed.")
    sys.exit(0 if path else 1)

"""The steps of ``deploy/docker/Dockerfile`` where there is no Docker, without a network, on a read-only disk.

    python -m support.image_steps

needs an administrator on Linux, and what `make release` made. Paths of the image lie below a folder of their own;
its Python is this one. Then ``ENTRYPOINT`` runs with the command of ``compose.yaml`` as the image's user: all but
``/tmp`` and the volume is read only, nothing can be reached but its own loopback, ``/live`` has to be answered.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import os
import re
import shlex
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

from support.release import FOLDER, ROOT, START_WITHIN, clean, timed

DOCKER = ROOT / "deploy" / "docker"
APART = "unshare", "--net", "--mount", "--"
"""Begins what has no network, and mounts of its own."""
ELSEWHERE = "192.0.2.1", 80
"""An address that is nobody's."""
SET_FLAGS, UP = 0x8914, 1
"""How Linux is told that a network device is to be used."""


@dataclass
class Image:
    """What the instructions of a Dockerfile have made so far.

    Attributes
    ----------
    root : Path
        Below which its paths lie.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "0:0"
    entry: tuple[str, ...] = ()

    def here(self, text: str) -> str:
        """``text`` with the image's absolute paths as they are here."""
        return re.sub(r"(?<![\w.:/])/(opt|wheelhouse|requirements\.txt|data)\b", rf"{self.root}/\1", text)

    def replay(self, dockerfile: str, context: Path) -> None:
        """Do what each instruction says."""
        for name, words in instructions(dockerfile):
            if name == "RUN":
                with timed(f"RUN {words[:60]}"):
                    self._run(words)
            elif name == "COPY":
                self._copy(words.split(), context)
            elif name == "ENV":
                self.environment |= dict(each.split("=", 1) for each in shlex.split(self.here(words)))
            elif name == "USER":
                self.user = words
            elif name == "ENTRYPOINT":
                self.entry = tuple(shlex.split(self.here(words.strip("[]").replace(",", " "))))
            elif name not in ("FROM", "VOLUME", "EXPOSE", "CMD"):
                raise SystemExit(f"{name} is not replayed.")

    def _run(self, words: str) -> None:
        command = re.sub(r"^python\b", sys.executable, self.here(words))
        done = subprocess.run([*APART, "sh", "-ec", command], env=clean(), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{command}\n{done.stdout}{done.stderr}")

    def _copy(self, words: Sequence[str], context: Path) -> None:
        if words[0].startswith("--from="):  # of the stage before, which lies at the same place
            assert words[1] == words[2], words
            return
        source, target = words
        (self.root / target.lstrip("/")).symlink_to(context / source)


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Each instruction with the words behind it."""
    lines = [line.strip() for line in dockerfile.splitlines()]
    told = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return [(name, words) for name, words in told]


def composed(compose: str) -> list[str]:
    """The command that a container is started with."""
    found = re.search(r"^    command: >-\n((?:      .*\n)+)", compose, re.MULTILINE)
    assert found
    return found[1].split()


def main() -> None:
    """Replay; print how long each step took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--user", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="*", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        serve_inside(args.inside, args.user, args.command)
        return
    if not (FOLDER / "wheelhouse").is_dir():
        raise SystemExit("There is no release to take it from: run `make release` first.")
    with TemporaryDirectory(prefix="image-", dir="/var/tmp") as name:
        image = Image(Path(name))
        image.root.chmod(0o755)
        (image.root / "opt").mkdir()
        image.replay((DOCKER / "Dockerfile").read_text("utf-8"), FOLDER)
        given = without_pairs(composed((DOCKER / "compose.yaml").read_text("utf-8")))
        with timed("started without a network on a read-only disk until /live is answered"):
            inside = [sys.executable, "-m", "support.image_steps", "--inside", name, "--user", image.user, "--"]
            environment = {**clean(), **image.environment, "PYTHONPATH": str(ROOT)}
            subprocess.run([*APART, *inside, *image.entry, *given], env=environment, check=True)


def without_pairs(command: list[str]) -> list[str]:
    """The same without the folder of pairs, which is not here."""
    place = command.index("--pairs")
    return [*command[:place], *command[place + 2 :]]


def serve_inside(root: Path, user: str, command: Sequence[str]) -> None:
    """Close the namespace further, start the program there, and ask it."""
    take_up_loopback()
    for words in (
        ("--make-rprivate", "/"),
        ("--bind", f"{root}/data", f"{root}/data"),
        ("-o", "remount,bind,ro", "/"),
        ("-t", "tmpfs", "tmpfs", "/tmp"),
    ):
        subprocess.run(["mount", *words], check=True)
    number, group = user.split(":")
    rights = "--reuid", number, "--regid", group, "--clear-groups", "--no-new-privs", "--bounding-set=-all"
    assert refusal(lambda: Path("/var/tmp/written").touch()) == errno.EROFS
    assert refusal(lambda: socket.create_connection(ELSEWHERE)) == errno.ENETUNREACH
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = subprocess.Popen(["setpriv", *rights, *command], cwd="/", env=environment)
    try:
        ask(process, dict(pairwise(command)))
    finally:
        process.terminate()
        code = process.wait()
    assert code == 0, f"It ended with {code}."


def ask(process: subprocess.Popen[bytes], options: Mapping[str, str]) -> None:
    """Ask for ``/live`` until it is answered."""
    address = f"http://127.0.0.1:8050{options['--prefix']}live"
    deadline = time.monotonic() + START_WITHIN
    while True:
        is_hopeful = process.poll() is None and time.monotonic() < deadline
        assert is_hopeful, "It does not answer."
        try:
            with urlopen(Request(address, headers={"Host": options["--trusted-host"]}), timeout=10) as answer:
                assert answer.read() == b"live"
            return
        except OSError:
            time.sleep(0.1)


def take_up_loopback() -> None:
    """Let this namespace reach itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", UP))


def refusal(act: Callable[[], object]) -> int | None:
    """With which number of the system's an act is refused; None where it is not."""
    try:
        act()
    except OSError as error:
        return error.errno
    return None


if __name__ == "__main__":
    main()

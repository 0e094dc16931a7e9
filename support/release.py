"""What is installed where there is no network: wheels with their hashes, a bill of materials, checksums.

    python -m support.release --describer .venv-release/bin/python

writes ``dist/fusevis-VERSION`` and tries it: installed in a fresh environment without an index, ``fusevis --help``
is read and ``fusevis dashboard`` answers ``/live``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from packaging.utils import parse_wheel_filename

from fusion.shipped import VERSION

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "dist" / f"fusevis-{VERSION}"
WHEELS, REQUIREMENTS, BILL, SUMS = "wheelhouse", "requirements.txt", "sbom.cdx.json", "SHA256SUMS"
ALONG = "deploy", "README.md", "SECURITY.md", "CHANGELOG.md", "LICENSE"
"""What else an administrator reads."""
START_WITHIN = 300.0
"""Seconds until a dashboard answers, far above what it takes."""
PIP = "-m", "pip", "--disable-pip-version-check", "--quiet"


def main() -> None:
    """Make a release; print sizes and times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--describer", type=Path, required=True, help="a Python that has cyclonedx-bom")
    describer = parser.parse_args().describer
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with timed("wheels"):
        make_wheels(FOLDER / WHEELS)
    wheels = sorted((FOLDER / WHEELS).glob("*.whl"))
    (FOLDER / REQUIREMENTS).write_text(requirements(wheels), "utf-8")
    with TemporaryDirectory(prefix="fusevis-") as name:
        with timed("installed without an index"):
            python = installed(FOLDER, Path(name) / "environment")
        with timed("bill of materials"):
            describe(describer, python, wheels, FOLDER / BILL)
        with timed("fusevis --help"):
            run([python.parent / "fusevis", "--help"], cwd=name)
        with timed("fusevis dashboard until /live is answered"):
            answer_live(python.parent / "fusevis", Path(name))
    for each in ALONG:
        put(ROOT / each, FOLDER / each)
    (FOLDER / SUMS).write_text(checksums(FOLDER), "utf-8")
    size = sum(each.stat().st_size for each in wheels)
    print(f"{FOLDER.relative_to(ROOT)}: {len(wheels)} wheels, {size / 1e6:.0f} MB")


def make_wheels(folder: Path) -> None:
    """Write the project's wheel and those of all that it needs, in the versions of the lock."""
    run(
        [
            sys.executable,
            *PIP,
            "wheel",
            "--wheel-dir",
            folder,
            "--constraint",
            ROOT / "requirements.lock",
            f"{ROOT}[jobs,oidc]",
        ]
    )


def requirements(wheels: Sequence[Path]) -> str:
    """Every wheel by name, version and hash, as ``pip install --require-hashes`` reads it."""
    lines = []
    for each in wheels:
        name, version, _, _ = parse_wheel_filename(each.name)
        lines.append(f"{name}=={version} --hash=sha256:{sha256(each)}\n")
    return "".join(lines)


def installed(folder: Path, environment: Path) -> Path:
    """The Python of a fresh environment into which the release was installed, with no index to ask."""
    run([sys.executable, "-m", "venv", environment])
    python = environment / "bin" / "python"
    offline = "--no-index", "--find-links", folder / WHEELS, "--require-hashes"
    run([python, *PIP, "install", *offline, "--requirement", folder / REQUIREMENTS])
    return python


def describe(describer: Path, python: Path, wheels: Sequence[Path], file: Path) -> None:
    """Write what is installed there, with licences, dependencies and each wheel's hash, as CycloneDX has it."""
    form = "--output-reproducible", "--output-format", "JSON", "--pyproject", ROOT / "pyproject.toml"
    run([describer, "-m", "cyclonedx_py", "environment", *form, "--output-file", file, python])
    bill = json.loads(file.read_text("utf-8"))
    hashes = {parse_wheel_filename(each.name)[:2]: sha256(each) for each in wheels}
    found = {str(name): digest for (name, _), digest in hashes.items()}
    kept = []
    for each in bill["components"]:
        digest = found.get(each["name"].lower().replace("_", "-").replace(".", "-"))
        if digest:  # not pip, which is the environment's
            kept.append({**each, "hashes": [{"alg": "SHA-256", "content": digest}]})
    bill["components"] = kept
    known = {each["bom-ref"] for each in kept} | {bill["metadata"]["component"]["bom-ref"]}
    bill["dependencies"] = [each for each in bill["dependencies"] if each["ref"] in known]
    file.write_text(json.dumps(bill, indent=2) + "\n", "utf-8")


def answer_live(program: Path, folder: Path, *options: str) -> None:
    """Start a dashboard, and have it say that it lives."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "dashboard", "--port", str(port), "--cache", folder / "cache", *options]
    process = subprocess.Popen(command, cwd=folder, env=clean(), stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_WITHIN
        while not is_live(port):
            is_hopeful = process.poll() is None and time.monotonic() < deadline
            assert is_hopeful, "The dashboard does not answer."
            time.sleep(0.1)
    finally:
        process.terminate()
        process.wait()


def is_live(port: int) -> bool:
    """Whether ``/live`` is answered."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/live", timeout=START_WITHIN) as answer:
            return bool(answer.read() == b"live")
    except (URLError, ConnectionError):
        return False


def checksums(folder: Path) -> str:
    """Of every file below ``folder``, as ``sha256sum --check`` reads them."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return "".join(f"{sha256(each)}  {each.relative_to(folder).as_posix()}\n" for each in files)


def sha256(file: Path) -> str:
    """The hash of a file's content."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def put(source: Path, target: Path) -> None:
    """Copy a file or a folder."""
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def run(command: Sequence[str | Path], cwd: str | Path | None = None) -> None:
    """Run a program to its end, which has to be a good one; what it prints is shown where it is not."""
    done = subprocess.run([str(each) for each in command], cwd=cwd, env=clean(), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def clean() -> dict[str, str]:
    """The environment, without what would let a program find this checkout."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took."""
    begun = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()

"""The audit: what is written, by many at a time, and that whatever was done to it is found."""

import hashlib
import json
import multiprocessing
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.access.audit_log import NOTHING, AuditEnd, AuditLog, last_line_file, verify
from fusion import InputError

COUNT = 7


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "audit.jsonl"
    for number in range(COUNT):
        AuditLog(path).write("anna", "export", "done", content=f"{number:064x}")
    return path


def test_each_line_holds_the_hash_of_the_one_before(path):
    lines = path.read_bytes().splitlines()
    before = [json.loads(line)["before"] for line in lines]
    assert before == [NOTHING, *(hashlib.sha256(line).hexdigest() for line in lines[:-1])]
    assert verify(path) == AuditEnd(COUNT, hashlib.sha256(lines[-1]).hexdigest())
    assert json.loads(lines[0]).keys() == {"number", "time", "user", "action", "outcome", "content", "before"}
    for each in (path, last_line_file(path)):
        assert stat.S_IMODE(each.stat().st_mode) == 0o600


@pytest.mark.parametrize("at", range(COUNT))
@pytest.mark.parametrize("how", ["changed", "removed", "put in", "put in twice", "cut"])
def test_whatever_is_done_to_a_line_is_found(path, at, how):
    lines = path.read_bytes().splitlines(keepends=True)
    changed = lines[at].replace(b"anna", b"bert")
    lines[at : at + 1] = {
        "changed": [changed],
        "removed": [],
        "put in": [lines[at], b'{"number": 1, "user": "x"}\n'],
        "put in twice": [lines[at], lines[at]],
        "cut": [lines[at][:20], b"\n"],
    }[how]
    path.write_bytes(b"".join(lines))
    with pytest.raises(InputError, match="elsewhere"):
        verify(path)


def test_two_lines_in_another_order_and_an_end_that_is_gone_are_found(path):
    lines = path.read_bytes().splitlines(keepends=True)
    for content in (lines[1::-1] + lines[2:], lines[:3], []):
        path.write_bytes(b"".join(content))
        with pytest.raises(InputError):
            verify(path)


def test_a_program_that_was_ended_between_a_line_and_its_note_did_nothing_wrong(path):
    noted = last_line_file(path).read_bytes()
    AuditLog(path).write("anna", "sign out", "done")
    last_line_file(path).write_bytes(noted)
    assert verify(path).count == COUNT + 1


def test_a_line_that_was_not_written_to_its_end_is_found_and_the_next_one_is_whole(path):
    with path.open("ab") as file:
        file.write(b'{"number": 8, "ti')
    AuditLog(path).write("anna", "sign out", "done")
    assert json.loads(path.read_bytes().splitlines()[-1])["action"] == "sign out"
    with pytest.raises(InputError, match="Line 8 "):
        verify(path)


def write_some(path, who):
    log = AuditLog(path)
    for _ in range(25):
        log.write(who, "export", "done")


def test_threads_and_processes_write_one_after_the_other(tmp_path):
    path = tmp_path / "audit.jsonl"
    with multiprocessing.get_context("spawn").Pool(2) as processes, ThreadPoolExecutor(3) as threads:
        asked = [processes.apply_async(write_some, (path, f"process-{k}")) for k in range(2)]
        log = AuditLog(path)
        list(threads.map(lambda k: log.write(f"thread-{k}", "export", "done"), range(50)))
        for each in asked:
            each.get(60)
    assert verify(path).count == 100

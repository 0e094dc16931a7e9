"""What comes by Redis is believed where the cache's seal is on it, and names no patient; else it is refused."""

import json

import pytest
from flask import Flask

from dashboard.cache.cohort_figures import CohortFiguresCache
from dashboard.cache.job_failures import UNKNOWN, JobFailures
from dashboard.cache.sealed_words import SealedWords
from dashboard.cli.fusevis import main
from dashboard.jobs import redis_address
from dashboard.jobs.job_board import RECORD, BoardUnreachableError, JobBoard, RecordState
from dashboard.jobs.job_line import QUEUE
from dashboard.jobs.slice_order import KIND, SliceOrder, opened_order, sealed_order
from dashboard.service.fused_pair import view_key
from dashboard.service.slice_worker import SliceWorker
from tests.support.job_worlds import NAME, NETWORK, JobWorld, over, redis_or_skipped
from tests.support.waiting import until

ORDER = SliceOrder("ab" * 32, "cd" * 32, "~swap", NETWORK)


@pytest.fixture
def words(tmp_path):
    return SealedWords(tmp_path)


@pytest.fixture
def redis():
    with redis_or_skipped() as found:
        yield found


class Quiet:
    """A board that nobody answers."""

    def __getattr__(self, name):
        def unreachable(*words):
            raise BoardUnreachableError

        return unreachable


@pytest.fixture
def worker(fresh_service, words, tmp_path):
    return SliceWorker(
        fresh_service,
        Quiet(),
        words,
        JobFailures(Flask("failures"), tmp_path),
        CohortFiguresCache(Flask("figures"), tmp_path),
    )


def test_an_order_comes_as_it_was_sent_to_who_has_the_cache_alone(words, tmp_path_factory):
    message = sealed_order(words, ORDER)
    assert opened_order(words, message) == ORDER
    assert opened_order(words, message.encode()) == ORDER
    assert opened_order(SealedWords(tmp_path_factory.mktemp("another")), message) is None


def test_who_comes_first_leaves_the_others_a_key(tmp_path):
    first, second = SealedWords(tmp_path / "new" / "cache"), SealedWords(tmp_path / "new" / "cache")
    assert opened_order(second, sealed_order(first, ORDER)) == ORDER


def test_each_letter_of_an_order_counts(words):
    message = sealed_order(words, ORDER)
    for at, letter in enumerate(message):
        changed = message[:at] + ("a" if letter != "a" else "b") + message[at + 1 :]
        assert opened_order(words, changed) is None


PLANTED = [
    None,
    7,
    "",
    "no JSON",
    b"\xff\xfe",
    "[]",
    "null",
    '"text"',
    "{}",
    "[" * 5000,
    '{"words": {}, "seal": ""}',
    '{"words": [], "seal": 3}',
    '{"words": {"key": "../../etc/passwd"}, "seal": "' + "0" * 64 + '"}',
    {"words": {}},
    ["study/P1"],
    json.dumps({"pair": "/etc/passwd", "network": "DeepFuse", "key": "x"}),
]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda each: repr(each)[:24])
def test_what_is_planted_is_refused_and_nothing_is_opened(worker, fresh_service, monkeypatch, caplog, planted):
    monkeypatch.setattr(fresh_service.catalogue, "read_aside", None)
    worker.take(planted)
    assert "A job was refused" in caplog.text
    assert "passwd" not in caplog.text


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"key": "x"},
        {"key": "x", "pair": "y", "changes": "", "network": NETWORK, "path": "/etc/passwd"},
    ],
)
def test_sealed_words_of_another_shape_are_no_order(worker, words, caplog, told):
    worker.take(words.sealed(KIND, told))
    assert "A job was refused" in caplog.text
    assert opened_order(words, words.sealed("another kind", ORDER.__dict__)) is None


def test_an_order_opens_what_is_listed_and_no_path(worker, words, fresh_service, tmp_path):
    failures = JobFailures(Flask("look"), tmp_path)
    for pair in ("../../secret", "/etc/passwd", "cases/../cases/wide"):
        order = SliceOrder("ef" * 32, words.name_of(pair), "", NETWORK)
        worker.take(sealed_order(words, order))
        assert "the worker has another picture" in failures.get(order.key).lower()


@pytest.mark.slow
def test_an_order_is_done_under_its_own_key_only(worker, words, fresh_service, tmp_path):
    failures = JobFailures(Flask("look"), tmp_path)
    pair = fresh_service.catalogue.pair("cases/wide")
    key = view_key(pair, fresh_service.network_pool.get(NETWORK))
    other = SliceOrder("ef" * 32, words.name_of("cases/wide"), "", NETWORK)
    worker.take(sealed_order(words, other))
    assert "another picture" in failures.get(other.key)
    assert not fresh_service.is_stored(other.key)
    worker.take(sealed_order(words, SliceOrder(key, other.pair, "", NETWORK)))
    assert fresh_service.is_stored(key)
    assert failures.get(key) == UNKNOWN


def test_no_name_of_a_patient_or_folder_goes_to_redis(redis, settings, tmp_path):
    world = JobWorld(settings, tmp_path, redis)
    _, series = world.begin()
    series.start(NAME(4) + "~swap", NETWORK)
    client = series._runner._board._client
    until(lambda: client.llen(f"{series._runner._board.line}:{QUEUE}") >= 1)
    held = b"".join(client.dump(key) or b"" for key in client.keys("*")) + b"".join(client.keys("*"))
    texts = b"".join(
        each for key in client.keys("*") if client.type(key) == b"list" for each in client.lrange(key, 0, -1)
    )
    assert b"fusevis.guidance" in texts
    for name in (b"P1", b"study", b"axial", str(tmp_path).encode(), b"passwd"):
        assert name not in held
        assert name not in texts
    world.end()


def test_a_record_that_somebody_else_has_written_is_none(redis, words, tmp_path_factory):
    board, other = (
        JobBoard(redis.address, each) for each in (words, SealedWords(tmp_path_factory.mktemp("other")))
    )
    other.line = board.line
    board.beat("one")
    board.note_worked_on("key", "one")
    assert board.look("key") is RecordState.WORKED_ON
    board._client.set(f"{board.line}:job:another", board._client.get(f"{board.line}:job:key"))
    assert board.look("another") is None, "the record of another job"
    other.note_failed("key")
    assert board.look("key") is None
    other.beat("two")
    assert board.workers() == 1
    for planted in PLANTED:
        if isinstance(planted, str | bytes):
            board._client.set(f"{board.line}:job:key", planted)
            board._client.set(f"{board.line}:worker:{'x' * 8}", planted)
            assert board.look("key") is None
            assert board.workers() == 1
    board._client.set(f"{board.line}:job:key", words.sealed(RECORD, {"key": "key", "state": "unheard of"}))
    assert board.look("key") is None


def test_a_worker_without_a_sign_of_life_is_lost(redis, words):
    board = JobBoard(redis.address, words)
    board.note_worked_on("key", "gone")
    assert board.look("key") is RecordState.LOST
    board.beat("gone")
    assert board.look("key") is RecordState.WORKED_ON
    assert board.is_wanted("key")
    assert not board.is_wanted("another")


@pytest.mark.slow
def test_garbage_in_the_line_ends_no_worker(redis, settings, tmp_path):
    world = JobWorld(settings, tmp_path, redis)
    _, series = world.begin()
    worker, board = world.employ(), series._runner._board
    for planted in [b"no JSON", b"[]", b"{}", b'{"body": "!", "headers": {}, "properties": {}}', b"\xff" * 9]:
        board._client.lpush(f"{board.line}:{QUEUE}", planted)
    series._runner._line.put("no order")
    series.start(NAME(4), NETWORK)
    assert over(series).done == 5
    assert worker.poll() is None
    world.end()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "http://127.0.0.1", "redis://", "redis://h:0", "redis://h:x/0", "redis://h/../etc", "amqp://h"],
)
def test_what_is_no_address_of_redis_is_refused_without_showing_it(address, capsys):
    assert main(["worker", "--jobs", address]) == 2
    assert main(["dashboard", "--jobs", address]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said == ["fusevis: --jobs is the address of a Redis server such as redis://127.0.0.1:6379/0."] * 2


def test_a_worker_is_told_where_jobs_come_from(capsys, monkeypatch):
    monkeypatch.delenv("FUSEVIS_JOBS", raising=False)
    assert main(["worker"]) == 2
    assert "as the dashboard was told: --jobs redis://" in capsys.readouterr().err


def test_without_the_extra_a_sentence_says_how_to_install_it(capsys, monkeypatch):
    monkeypatch.setattr(redis_address, "find_spec", lambda name: None)
    monkeypatch.setenv("FUSEVIS_JOBS", "redis://user:secret@127.0.0.1")
    assert main(["worker"]) == 2
    said = capsys.readouterr().err
    assert said == "fusevis: --jobs needs libraries that are not installed: pip install 'fusevis[jobs]'.\n"

"""Users, sessions and failures: what is kept, what is refused, and what ends."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import pytest
from werkzeug.security import generate_password_hash

from dashboard.access import user_store
from dashboard.access.access_folder import AccessFolder
from dashboard.access.roles import Identity, Role, roles_of
from dashboard.access.user_store import LOCKED_FOR, LONGEST_SESSION, MOST_FAILURES, Attempt, UserStore
from fusion import InputError

PASSWORD = "ten letters and more"
IDLE = 600.0


class Clock:
    """Seconds that a test sets."""

    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def users(tmp_path, clock, monkeypatch):
    """Whose passwords take a hundredth of the work; what they take on a dashboard has its own test."""
    quick = partial(generate_password_hash, method="scrypt:512:8:1")
    monkeypatch.setattr(user_store, "generate_password_hash", quick)
    found = UserStore(tmp_path / "users.sqlite", b"k" * 32, clock)
    found.add("anna", PASSWORD, roles_of(["analyst"]))
    return found


def test_a_user_is_found_with_their_roles_and_no_password_in_the_file(users, tmp_path):
    assert users.identity("anna") == Identity("anna", frozenset({Role.ANALYST}))
    assert [each.name for each in users.all()] == ["anna"]
    content = (tmp_path / "users.sqlite").read_bytes()
    assert PASSWORD.encode() not in content
    assert stat.S_IMODE((tmp_path / "users.sqlite").stat().st_mode) == 0o600


def test_who_guesses_passwords_needs_32_megabytes_and_a_tenth_of_a_second_for_each(tmp_path):
    UserStore(tmp_path / "users.sqlite", b"k" * 32).add("anna", PASSWORD, roles_of(["analyst"]))
    assert b"scrypt:32768:8:1$" in (tmp_path / "users.sqlite").read_bytes()


@pytest.mark.parametrize("name", ["", "a b", "-a", "a" * 65, "ä", "a\n", "a,b", "../a"])
def test_a_name_that_is_none(users, name):
    with pytest.raises(InputError, match="A user's name"):
        users.add(name, PASSWORD, roles_of(["viewer"]))


def test_a_password_too_short_a_name_taken_and_a_user_unknown(users):
    with pytest.raises(InputError, match="10 characters"):
        users.add("bob", "short", roles_of(["viewer"]))
    with pytest.raises(InputError, match="already"):
        users.add("anna", PASSWORD, roles_of(["viewer"]))
    for change in (
        users.remove,
        lambda name: users.set_roles(name, roles_of(["viewer"])),
        lambda name: users.set_password(name, PASSWORD),
    ):
        with pytest.raises(InputError, match="no user 'bob'"):
            change("bob")


def test_the_right_password_and_no_other(users):
    users.add("proxied", None, roles_of(["viewer"]))
    assert users.attempt("anna", PASSWORD) is Attempt.DONE
    assert users.attempt("anna", PASSWORD + " ") is Attempt.FAILED
    assert users.attempt("nobody", PASSWORD) is Attempt.FAILED
    assert users.attempt("proxied", "") is Attempt.FAILED


def test_a_name_is_locked_after_failures_even_for_the_right_password_and_opens_again(users, clock):
    for _ in range(MOST_FAILURES):
        assert users.attempt("anna", "wrong wrong wrong") is Attempt.FAILED
    assert users.attempt("anna", PASSWORD) is Attempt.LOCKED
    clock.now += LOCKED_FOR - 1
    assert users.attempt("anna", PASSWORD) is Attempt.LOCKED
    clock.now += 2
    assert users.attempt("anna", PASSWORD) is Attempt.DONE


def test_a_success_forgets_failures_and_a_new_password_opens_a_locked_name(users):
    for _ in range(2):
        for _ in range(MOST_FAILURES - 1):
            users.attempt("anna", "wrong wrong wrong")
        assert users.attempt("anna", PASSWORD) is Attempt.DONE
    for _ in range(MOST_FAILURES):
        users.attempt("anna", "wrong wrong wrong")
    users.set_password("anna", "another one, longer")
    assert users.attempt("anna", "another one, longer") is Attempt.DONE


def test_many_attempts_at_a_time_are_no_way_round_the_lock(users, monkeypatch):
    looked = []
    monkeypatch.setattr(user_store, "check_password_hash", lambda *_: looked.append(1))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: users.attempt("anna", "wrong wrong wrong"), range(24)))
    assert len(looked) == found.count(Attempt.FAILED) == MOST_FAILURES


def test_what_was_typed_as_a_name_is_not_kept(users, tmp_path):
    users.attempt("my-secret-password", "x")
    with sqlite3.connect(tmp_path / "users.sqlite") as database:
        assert "my-secret-password" not in "".join(database.iterdump())


def test_a_session_lasts_while_it_is_used_and_ends_after_idleness(users, clock):
    token = users.begin_session("anna")
    for _ in range(5):
        clock.now += IDLE - 1
        assert users.session(token, IDLE) is not None
    clock.now += IDLE + 1
    assert users.session(token, IDLE) is None
    assert users.session(token, 10 * IDLE) is None  # it has ended for good


def test_what_a_page_asks_by_itself_keeps_no_session(users, clock):
    token = users.begin_session("anna")
    for _ in range(3):
        clock.now += IDLE / 2.5
        found = users.session(token, IDLE, is_activity=False)
    assert found is None


def test_no_session_lasts_longer_than_half_a_day(users, clock):
    token = users.begin_session("anna")
    clock.now += LONGEST_SESSION + 1
    assert users.session(token, 2 * LONGEST_SESSION) is None


@pytest.mark.parametrize(
    "end",
    [
        lambda users, token: users.end_session(token),
        lambda users, _: users.remove("anna"),
        lambda users, _: users.set_password("anna", PASSWORD),
    ],
)
def test_what_ends_a_session(users, end):
    token, other = users.begin_session("anna"), users.session("guess", IDLE)
    assert (users.session(token, IDLE), other) == (users.identity("anna"), None)
    end(users, token)
    assert users.session(token, IDLE) is None


def test_another_role_counts_from_the_next_question_on(users):
    token = users.begin_session("anna")
    users.set_roles("anna", roles_of(["viewer"]))
    assert not users.session(token, IDLE).may(Role.ANALYST)


def test_the_file_alone_opens_no_session(users, tmp_path):
    token = users.begin_session("anna")
    with sqlite3.connect(tmp_path / "users.sqlite") as database:
        kept = database.execute("select token from sessions").fetchone()[0]
    assert kept != token
    assert users.session(kept, IDLE) is None
    other = UserStore(tmp_path / "users.sqlite", b"o" * 32, users._clock)
    assert other.session(token, IDLE) is None


def test_the_key_is_one_for_all_and_closed_to_others(tmp_path):
    folder = AccessFolder(tmp_path / "access")
    folder.make()
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: AccessFolder(folder.path).key(), range(16)))
    assert len(keys) == 1
    assert stat.S_IMODE((folder.path / "session.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert [each.name for each in folder.path.iterdir()] == ["session.key"]
    (folder.path / "session.key").write_bytes(b"short")
    with pytest.raises(InputError, match="damaged"):
        folder.key()


# ---- kept open by whoever reads


def test_what_others_change_is_seen_with_the_next_question(users, tmp_path, clock):
    token = users.begin_session("anna")
    other = UserStore(tmp_path / "users.sqlite", b"k" * 32, clock)
    assert users.session(token, IDLE) == Identity("anna", frozenset({Role.ANALYST}))
    other.set_roles("anna", roles_of(["viewer"]))
    assert users.session(token, IDLE) == Identity("anna", frozenset({Role.VIEWER}))
    other.remove("anna")
    assert users.session(token, IDLE) is None


def test_a_file_that_took_the_place_of_another_is_the_one_that_is_read(users, tmp_path, clock):
    """A backup that was laid back must not leave those signed in whom it does not know."""
    UserStore(tmp_path / "older.sqlite", b"k" * 32, clock)
    token = users.begin_session("anna")
    assert users.session(token, IDLE)
    (tmp_path / "older.sqlite").replace(tmp_path / "users.sqlite")
    assert users.session(token, IDLE) is None
    assert not users.has("anna")


def test_who_reads_locks_nobody_out_and_reads_from_every_thread(users, tmp_path):
    token = users.begin_session("anna")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: users.session(token, IDLE), range(40)))
        assert set(found) == {Identity("anna", frozenset({Role.ANALYST}))}
        with closing(sqlite3.connect(tmp_path / "users.sqlite", timeout=0)) as database:
            database.execute("begin exclusive")  # while the threads have it open
            database.rollback()

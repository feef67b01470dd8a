"""Who holds scorers answers its own user alone, and nothing that is asked ends it."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from octavo.local.accounts import AccountError, Accounts
from octavo_server.adapters.keeper_client import KeeperClient
from octavo_server.adapters.scorer_keeper import Keeper
from octavo_server.adapters.scorer_orders import (
    LOCK,
    MOST_BYTES,
    SOCKET,
    Answer,
    Order,
    read_all,
    release,
)
from octavo_server.adapters.scorer_processes import Lent, ScorerProcesses, Seen, Start
from octavo_server.errors import Unavailable

START = Start(
    id="abc",
    model="late",
    version=1,
    digest="0" * 64,
    secret="s" * 40,
    cpus=1,
    memory_mib=512,
    lent=Lent("flights/late", ()),
)


class Held:
    """Holds no process; ``fails`` is what it meets."""

    def __init__(self) -> None:
        self.scorers: dict[str, Lent] = {}
        self.fails: Exception | None = None

    def start(self, order: Start) -> Seen:
        """Note a scorer, or fail."""
        if self.fails is not None:
            raise self.fails
        self.scorers[order.id] = order.lent
        return Seen("starting", "The model is being loaded.", "/s")

    def look(self, scorer: str) -> Seen:
        """Say that it answers."""
        return Seen("ready", f"{scorer} answers.", "/s")

    def stop(self, scorer: str) -> None:
        """Forget a scorer."""
        self.scorers.pop(scorer, None)

    def known(self) -> dict[str, Lent]:
        """Return the scorers."""
        return self.scorers


class Place:
    """A state folder with a keeper on a thread."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.held = Held()
        self.thread: threading.Thread | None = None
        (home / SOCKET).parent.mkdir()

    def keep(self, **changes: Any) -> None:
        """Let a keeper answer; it has the settings of ``changes``."""
        processes: Any = self.held
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self.home / SOCKET))
        listener.listen(4)
        keeper = Keeper(processes, release(), **{"alone_s": 20.0, "heard_s": 0.5, **changes})

        def serve() -> None:
            with listener:
                keeper.serve(listener)

        self.thread = threading.Thread(target=serve)
        self.thread.start()

    def client(self, **changes: Any) -> KeeperClient:
        """Return who asks."""
        return KeeperClient(self.home, **{"answer_s": 5.0, "keeper_s": 5.0, **changes})

    def say(self, said: bytes) -> Answer:
        """Say something to the keeper, and return what it says."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.connect(str(self.home / SOCKET))
            line.sendall(said)
            line.shutdown(socket.SHUT_WR)
            return msgspec.json.decode(read_all(line, 5), type=Answer)

    def end(self) -> None:
        """End the keeper, if there is one."""
        if self.thread is not None and self.thread.is_alive():
            with contextlib.suppress(OSError):
                self.say(msgspec.json.encode(Order("close")))
            self.thread.join(10)
            assert not self.thread.is_alive()


@pytest.fixture
def place() -> Iterator[Place]:
    """Give a state folder with a path short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="oct-k-") as folder:
        made = Place(Path(folder))
        yield made
        made.end()


def test_orders_are_done_and_the_release_is_said(place: Place) -> None:
    place.keep()
    client = place.client()
    started = client.ask(Order("start", "abc", START))
    assert started == Answer(release(), Seen("starting", "The model is being loaded.", "/s"))
    looked = client.ask(Order("look", "abc"))
    assert looked is not None
    assert looked.seen == Seen("ready", "abc answers.", "/s")
    known = client.ask(Order("known"))
    assert known == Answer(release(), known={"abc": Lent("flights/late", ())})
    assert client.ask(Order("stop", "abc")) == Answer(release())


def test_another_user_is_refused_and_written_down(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    other = os.geteuid() + 1
    place.keep(user=other, alone_s=0.5)
    with caplog.at_level(logging.WARNING):
        answer = place.say(msgspec.json.encode(Order("start", "abc", START)))
    assert answer == Answer(error=f"user {other} alone is answered, not user {os.geteuid()}")
    assert place.held.scorers == {}
    assert f"process {os.getpid()} of user {os.geteuid()} asked, and was refused" in caplog.text


def test_a_keeper_of_another_user_is_told_nothing(place: Place) -> None:
    place.keep()
    other = os.geteuid() + 1
    with pytest.raises(Unavailable) as refused:
        place.client(user=other).ask(Order("start", "abc", START))
    address = place.home / SOCKET
    assert refused.value.message == (
        f"{address} belongs to another user than this service's, {other}."
    )
    assert refused.value.remedy == "Run all of Octavo under the user that owns its state folder."
    assert place.held.scorers == {}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "truncated"),
        (b"GET / HTTP/1.1\r\n\r\n", "malformed"),
        (b'{"verb":"erase"}', "Invalid enum value 'erase'"),
        (b'{"verb":"start","start":{"id":1}}', "Expected `str`, got `int`"),
        (b'{"verb":"start"}', "it isn't said what to start"),
    ],
)
def test_what_is_no_order_is_refused_with_words(place: Place, said: bytes, why: str) -> None:
    place.keep()
    answer = place.say(said)
    assert why in answer.error
    assert answer.release == release()
    assert place.client().ask(Order("known")) == Answer(release())


def test_too_large_a_question_is_dropped_and_the_next_is_answered(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.keep()
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(OSError, match=r"Broken pipe|reset by peer"),
    ):
        place.say(b" " * (MOST_BYTES * 4))
    assert place.client().ask(Order("known")) == Answer(release())
    assert f"a question was lost: more than {MOST_BYTES:,} bytes" in caplog.text


def test_a_question_that_trickles_in_holds_nobody_up(place: Place) -> None:
    place.keep()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as slow:
        slow.connect(str(place.home / SOCKET))
        over = threading.Event()

        def trickle() -> None:
            while not over.wait(0.1):
                try:
                    slow.sendall(b" ")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        began = time.monotonic()
        assert place.client().ask(Order("known")) == Answer(release())
        over.set()
        thread.join()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "fails", [AccountError("all 64 accounts are in use"), OSError("disk full"), ValueError("x")]
)
def test_what_goes_wrong_with_one_scorer_ends_no_other(place: Place, fails: Exception) -> None:
    place.keep()
    place.held.scorers["live"] = Lent("flights/late", ())
    place.held.fails = fails
    answer = place.client().ask(Order("start", "abc", START))
    assert answer == Answer(release(), error=str(fails))
    known = place.client().ask(Order("known"))
    assert known is not None
    assert list(known.known) == ["live"]


def test_a_keeper_that_nobody_asks_ends(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    place.keep(alone_s=0.2)
    assert place.thread is not None
    with caplog.at_level(logging.WARNING):
        place.thread.join(10)
    assert not place.thread.is_alive()
    assert "nobody asked for 0.2 s: all scorers are ended" in caplog.text


def test_whoever_is_refused_keeps_no_keeper_alive(place: Place) -> None:
    place.keep(user=os.geteuid() + 1, alone_s=0.5)
    assert place.thread is not None
    until = time.monotonic() + 10
    while place.thread.is_alive():
        assert time.monotonic() < until
        try:
            place.say(b'{"verb":"known"}')
        except OSError:
            break
    place.thread.join(10)
    assert not place.thread.is_alive()


def test_a_worker_that_asks_for_nothing_keeps_its_keeper(place: Place) -> None:
    place.keep(alone_s=0.6)
    others = set(threading.enumerate())  # workers of other tests in this process
    client = place.client(pulse_s=0.1)
    client.live()
    client.live()
    assert place.thread is not None
    place.thread.join(1.5)
    assert place.thread.is_alive()
    mine = [one for one in threading.enumerate() if one not in others]
    pulses = [one for one in mine if one.name == "scorers' pulse"]
    assert len(pulses) == 1
    client._no_pulse.set()  # type: ignore[union-attr]  # what ends with the worker
    place.thread.join(10)
    assert not place.thread.is_alive()


def test_no_keeper_is_no_answer(place: Place) -> None:
    assert place.client().ask(Order("known")) is None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gone:
        gone.bind(str(place.home / SOCKET))
    assert place.client().ask(Order("known")) is None
    place.client().end()


@pytest.fixture
def listens(place: Place) -> Iterator[Callable[[bytes | None], None]]:
    """Give keepers that say the bytes, or nothing at all."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    threads: list[threading.Thread] = []

    def listen(says: bytes | None) -> None:
        listener.bind(str(place.home / SOCKET))
        listener.listen(0)

        def answer() -> None:
            line, _ = listener.accept()
            with line:
                read_all(line, 5)
                line.sendall(says or b"")

        if says is not None:
            threads.append(threading.Thread(target=answer))
            threads[0].start()

    yield listen
    for thread in threads:
        thread.join()
    listener.close()


def test_a_keeper_that_hangs_is_named(
    place: Place, listens: Callable[[bytes | None], None]
) -> None:
    listens(None)
    with pytest.raises(Unavailable) as hangs:
        place.client(answer_s=0.2).ask(Order("known"))
    own = os.getpid()
    assert hangs.value.message == (
        f"What holds the scorers (process {own}) didn't answer within 0.2 s."
    )
    assert hangs.value.remedy == (
        f"See logs/scorer-keeper.log. `kill -9 {own}` ends it with its scorers; the worker starts "
        "them anew."
    )


def test_a_keeper_that_takes_no_questions_is_said(
    place: Place, listens: Callable[[bytes | None], None]
) -> None:
    listens(None)
    waiting = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(2)]
    waiting[0].connect(str(place.home / SOCKET))
    with pytest.raises(Unavailable, match="doesn't take any more questions"):
        place.client(answer_s=0.2).ask(Order("known"))
    for one in waiting:
        one.close()


@pytest.mark.parametrize("says", [b"HTTP/1.1 400", b'{"release":"0.0.1","known":[]}'])
def test_an_answer_of_other_code_is_no_answer_of_this_release(
    place: Place, listens: Callable[[bytes | None], None], says: bytes
) -> None:
    listens(says)
    answer = place.client().ask(Order("known"))
    assert answer is not None
    assert answer.release != release()
    assert answer.error.startswith("what holds the scorers isn't understood: ")


def test_a_second_keeper_is_refused(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from octavo_server.adapters import scorer_keeper

    argv = ["keeper", "--home", str(place.home), "--release", "1", "--before-s", "0.1"]
    monkeypatch.setattr("sys.argv", argv)
    with (place.home / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert scorer_keeper.main() == 1
    assert (place.home / SOCKET).parent.stat().st_mode & 0o777 == 0o700
    assert not (place.home / SOCKET).exists()


def test_the_release_changes_with_the_code() -> None:
    version, _, digest = release().partition("+")
    assert version[0].isdigit()
    assert len(digest) == 12


@pytest.mark.parametrize("name", ["../../etc", "", "a" * 65, "a/b", "A\0"])
def test_a_scorers_name_leads_nowhere(place: Place, name: str) -> None:
    processes = ScorerProcesses(place.home, Accounts(place.home))
    order = msgspec.structs.replace(START, id=name)
    with pytest.raises(ValueError, match="names no scorer"):
        processes.start(order)

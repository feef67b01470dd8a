"""Talking to a scorer over its socket, with one that behaves badly in every way."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from octavo_server.adapters import scorer_lines
from octavo_server.adapters.scorer_calls import ScorerClient
from octavo_server.deployments.serving.ports import ScorerAnswer, ScorerSlow, ScorerUnreachable

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b'{"predictions": [0.5]}'


@pytest.fixture
def socket() -> Iterator[str]:
    """Give a path short enough for a socket."""
    folder = tempfile.mkdtemp(prefix="oct-l-")
    yield f"{folder}/s"
    shutil.rmtree(folder)


def answer(body: bytes = OK, more: str = "", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes] | None:
    """Return head and body; None at the end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.startswith(b"content-length")
    )
    return head, await reader.readexactly(length)


@asynccontextmanager
async def served(socket: str, handler: Handler) -> AsyncIterator[None]:
    """Run a scorer; at the end every one of its connections is over."""
    tasks: list[asyncio.Task[None]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.append(task)
        with suppress(ConnectionError):
            await handler(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_unix_server(handle, socket)
    try:
        yield
    finally:
        server.close()
        await asyncio.gather(*tasks)
        await server.wait_closed()


def talk(
    socket: str, handler: Handler, times: int = 1, timeout_s: float = 5
) -> list[ScorerAnswer | Exception]:
    """Ask a scorer that ``handler`` plays, one request after the other."""

    async def run() -> list[ScorerAnswer | Exception]:
        client = ScorerClient(timeout_s)
        found: list[ScorerAnswer | Exception] = []
        async with served(socket, handler):
            for number in range(times):
                try:
                    body = b'{"n": %d}' % number
                    found.append(await client.invoke(socket, "secret", body, request_id="r1"))
                except ScorerUnreachable as error:
                    found.append(error)
            await client.close()
        return found

    return asyncio.run(run())


def playing(reply: bytes, connections: list[int], *, close_after: int = 1_000) -> Handler:
    """Return a scorer that always says the same, and ends connections after some answers."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(0)
        while connections[-1] < close_after and await read_request(reader) is not None:
            connections[-1] += 1
            writer.write(reply)
            await writer.drain()

    return handle


def test_one_connection_serves_many_requests(socket: str) -> None:
    connections: list[int] = []
    found = talk(socket, playing(answer(), connections), times=20)
    assert found == [ScorerAnswer(status=200, body={"predictions": [0.5]})] * 20
    assert connections == [20]


def test_the_request_is_as_the_scorer_wants_it(socket: str) -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await read_request(reader)) is not None:
            seen.append(request)
            writer.write(answer())

    talk(socket, handle)
    head, body = seen[0]
    assert head.startswith(b"POST /invocations HTTP/1.1\r\nhost: scorer\r\n")
    assert b"x-octavo-scorer-secret: secret\r\n" in head
    assert b"x-request-id: r1\r\n" in head
    assert body == b'{"n": 0}'


def test_a_connection_that_was_closed_meanwhile_is_replaced(socket: str) -> None:
    connections: list[int] = []
    found = talk(socket, playing(answer(), connections, close_after=2), times=6)
    assert all(isinstance(one, ScorerAnswer) for one in found)
    assert len(connections) == 3


def test_a_scorer_that_wants_to_close_is_asked_on_a_new_connection(socket: str) -> None:
    connections: list[int] = []
    reply = answer(more="connection: close\r\n")
    found = talk(socket, playing(reply, connections), times=3)
    assert all(isinstance(one, ScorerAnswer) for one in found)
    assert len(connections) == 3


def test_an_answer_in_chunks_is_put_together(socket: str) -> None:
    reply = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    reply += b"8\r\n" + OK[:8] + b"\r\n" + b"%x\r\n" % len(OK[8:]) + OK[8:] + b"\r\n0\r\n\r\n"
    found = talk(socket, playing(reply, []), times=2)
    assert found == [ScorerAnswer(status=200, body={"predictions": [0.5]})] * 2


def test_a_refusal_is_an_answer(socket: str) -> None:
    reply = answer(b'{"error": "invalid"}', status="422 Unprocessable")
    assert talk(socket, playing(reply, [])) == [ScorerAnswer(status=422, body={"error": "invalid"})]


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP answer"),
        (answer(b"not json"), "DecodeError"),
        (answer(b"[1]"), "no JSON object"),
        (answer(b'{"predictions": ["\xff"]}'), "UnicodeDecodeError"),
        (answer(b'{"predictions": ' + b"[" * 5_000 + b"]" * 5_000 + b"}"), "RecursionError"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf", "the connection ended"),
    ],
)
def test_what_is_no_answer_is_said_so(socket: str, reply: bytes, why: str) -> None:
    (found,) = talk(socket, playing(reply, [], close_after=1))
    assert isinstance(found, ScorerUnreachable)
    assert why in str(found)


def test_a_silent_scorer_is_given_up(socket: str) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await read_request(reader) is not None:
            continue

    found = talk(socket, handle, times=2, timeout_s=0.05)
    assert [type(one) for one in found] == [ScorerSlow, ScorerSlow]
    assert "No answer within 0.05 s" in str(found[0])


def test_a_late_answer_is_not_the_next_requests(socket: str) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await read_request(reader)) is not None:
            if b"0" in request[1]:
                await asyncio.sleep(0.2)
            writer.write(answer(b'{"predictions": [%s]}' % request[1][6:-1]))

    found = talk(socket, handle, times=2, timeout_s=0.1)
    assert isinstance(found[0], ScorerSlow)
    assert found[1] == ScorerAnswer(status=200, body={"predictions": [1]})


def test_nobody_there_is_told(socket: str) -> None:
    async def run() -> None:
        client = ScorerClient()
        with pytest.raises(ScorerUnreachable, match="No answer \\(FileNotFoundError\\)"):
            await client.invoke(socket, "secret", b"{}")
        Path(socket).touch()  # noqa: ASYNC240 - nothing else runs
        with pytest.raises(ScorerUnreachable, match="ConnectionRefusedError"):
            await client.invoke(socket, "secret", b"{}")
        await client.close()

    asyncio.run(run())


def test_too_many_at_once_are_told(socket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer_lines, "MOST_LINES", 2)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await asyncio.sleep(0.1)
        writer.write(answer())

    async def run() -> list[object]:
        client = ScorerClient()
        async with served(socket, handle):
            asking = (client.invoke(socket, "secret", b"{}") for _ in range(3))
            found = await asyncio.gather(*asking, return_exceptions=True)
            await client.close()
        return list(found)

    found = asyncio.run(run())
    assert sorted(type(one).__name__ for one in found) == [
        "ScorerAnswer",
        "ScorerAnswer",
        "ScorerUnreachable",
    ]
    assert any("asked 2 times at once" in str(one) for one in found)


def test_a_scorer_that_is_a_pod_is_asked_over_tcp() -> None:
    connections: list[int] = []
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(0)
        while (request := await read_request(reader)) is not None:
            heads.append(request[0])
            writer.write(answer())
            await writer.drain()
        writer.close()

    async def run() -> tuple[list[ScorerAnswer], str]:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()[:2]
        client, address = ScorerClient(5), f"http://{host}:{port}"
        found = [await client.invoke(address, "secret", b"{}") for _ in range(3)]
        await client.close()
        server.close()
        await server.wait_closed()
        with pytest.raises(ScorerUnreachable):
            await client.invoke(address, "secret", b"{}")
        return found, f"{host}:{port}"

    found, where = asyncio.run(run())
    assert found == [ScorerAnswer(status=200, body={"predictions": [0.5]})] * 3
    assert len(connections) == 1
    assert f"host: {where}\r\n".encode() in heads[0]

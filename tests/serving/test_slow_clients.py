"""Clients that send too slowly, or without end."""

import asyncio
import socket
import threading
import time

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from serving.rest.connection import BoundedConnection
from tests.serving.running import free_port


class Impatient(BoundedConnection):
    header_seconds = 0.3
    answer_seconds = 0.3


async def said(request):
    return PlainTextResponse((await request.body()).decode() + "here")


@pytest.fixture(scope="module")
def port():
    large = PlainTextResponse("x" * (16 << 20))
    app = Starlette(
        routes=[Route("/", said, methods=["GET", "POST"]), Route("/large", lambda _: large)]
    )
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, "127.0.0.1", port, http=Impatient, log_config=None, lifespan="off")
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield port
    server.should_exit = True
    thread.join()


async def _answer(port, *parts, pause=0.0):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def test_a_whole_request_is_answered(port):
    assert b"here" in asyncio.run(_answer(port, REQUEST))


def test_silence_is_not_waited_for(port):
    assert b"in time" in asyncio.run(_answer(port))


def test_headers_that_drip_are_not_waited_for(port):
    async def drip():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n")
        for _ in range(50):
            if reader.at_eof() or writer.is_closing():
                break
            try:
                writer.write(b"X: y\r\n")
                await writer.drain()
            except ConnectionError:
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("never refused")
        writer.close()

    asyncio.run(drip())


def test_endless_headers_are_refused(port):
    async def flood():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\n")
        sent = 0
        try:
            while not reader.at_eof() and sent < 1 << 24:
                writer.write(b"X-%d: " % sent + b"y" * 1000 + b"\r\n")
                sent += 1000
                await writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        writer.close()
        return sent

    assert asyncio.run(flood()) < 1 << 24


def test_a_second_request_on_a_connection_has_its_own_time(port):
    async def twice():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            found = await asyncio.wait_for(reader.readuntil(b"here"), 5)
            assert b"200 OK" in found
            await asyncio.sleep(0.5)
        writer.close()

    asyncio.run(twice())


def test_an_empty_line_after_an_answer_is_not_waited_on_for_ever(port):
    async def ask():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"here"), 5)
        writer.write(b"\r\n")
        assert b"in time" in await asyncio.wait_for(reader.read(), 5)
        writer.close()

    asyncio.run(ask())


def test_an_answer_that_nobody_takes_is_not_kept(port):
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", port))
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(1.5)
        slow.settimeout(5)
        assert sum(map(len, iter(lambda: slow.recv(1 << 20), b""))) < 16 << 20


def test_an_answer_that_is_taken_slowly_comes_whole(port):
    with socket.create_connection(("127.0.0.1", port), 5) as slow:
        slow.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        taken = 0
        while part := slow.recv(1 << 18):
            taken += len(part)
            time.sleep(0.02)
    assert taken > 16 << 20


def test_an_offer_of_another_protocol_is_passed_over(port):
    """As Java's client makes it with its first request; httptools drops the body then."""
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
    first = b"POST / HTTP/1.1\r\nHost: a\r\n" + offer + b"Content-Length: 5\r\n\r\nbody "
    chunked = b"POST / HTTP/1.1\r\nHost: a\r\n" + offer + b"Transfer-Encoding: chunked\r\n\r\n"
    whole = first + first + chunked + b"3\r\nin \r\n0\r\n\r\n" + REQUEST
    for parts in ([whole], [whole[i : i + 1] for i in range(len(whole))]):
        found = asyncio.run(_answer(port, *parts))
        assert found.count(b"200 OK") == 4
        assert found.count(b"body here") == 2
        assert b"in here" in found

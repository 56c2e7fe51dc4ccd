"""Clients that send too slowly, or without end."""

import asyncio
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


@pytest.fixture(scope="module")
def port():
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("here"))])
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

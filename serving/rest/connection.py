"""An HTTP connection that does not wait for ever, nor read headers without end."""

import asyncio
import select
from collections import Counter
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .parser import RequestParser

# On Linux a client that has closed its half; elsewhere a broken connection alone is seen.
_CLOSED = getattr(select, "POLLRDHUP", 0)
MAX_HEADERS = 64 << 10  # bytes of a request line and its headers, of trailers, of a chunk's frame


class BoundedConnection(HttpToolsProtocol):
    """Uvicorn's HTTP/1.1 connection, closed when headers are slow or long, or answers not taken.

    Nor may an address have more than some connections. Between requests uvicorn's own
    `timeout_keep_alive` holds.
    """

    header_seconds = 60.0  # from the connection, or a request's first byte, to its headers' end
    gone_seconds = 0.2  # between two looks whether a client that sends no more is still there
    answer_seconds = 60.0  # in which a client must take some of an answer that waits for it
    most_of_an_address = 512
    _connections: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self.parser = RequestParser(self)  # type: ignore[assignment]
        self._unread = 0
        self._probed = False
        self._watching: asyncio.TimerHandle | None = None
        self._expecting: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._address = (transport.get_extra_info("peername") or ("",))[0]
        self._connections[self._address] += 1
        self._wait_for_headers()
        if self._connections[self._address] > self.most_of_an_address:
            self._refuse("Too many connections come from this address.")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._wait_for_headers()

    def on_headers_complete(self) -> None:
        """A request's headers are read."""
        self._cancel_deadline()
        self._unread = 0
        super().on_headers_complete()
        if self.pipeline:  # nothing is read until the request before is answered
            self._watch()
        else:
            self._answering = self.cycle

    def on_body(self, body: bytes) -> None:
        """A part of a body has come."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request has come whole."""
        self._unread = 0
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Bytes have come; those that belong to no body are counted: headers, trailers, frames."""
        self._unread += len(data)
        super().data_received(data)
        if self._unread > MAX_HEADERS and self.parser is not None:
            self._refuse("The request's headers are too long.")
        if self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._wait_for_headers()  # an empty line before a request, which begins none

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more; what it has asked is answered before the connection closes.

        Not so in HTTP/1.0: there one that has gone looks like one that listens still.
        """
        asked = self.cycle is not None and not self.cycle.response_complete
        if not asked or self.cycle.more_body or self.cycle.scope["http_version"] == "1.0":
            return False
        self.cycle.keep_alive = False
        self._watch()
        return True

    def on_response_complete(self) -> None:
        """A request is answered; the next one is begun, if there is one already."""
        following = self.pipeline[-1][0] if self.pipeline else self._answering
        super().on_response_complete()
        self._answering = following

    def pause_writing(self) -> None:
        """A part of an answer waits to be taken."""
        super().pause_writing()
        self._expect_less(self.transport.get_write_buffer_size() + 1)

    def resume_writing(self) -> None:
        """The answer is taken, but for a little."""
        super().resume_writing()
        self._stop_expecting()

    def _expect_less(self, before: int) -> None:
        """Close the connection when nothing of an answer has been taken for a time."""
        waiting = self.transport.get_write_buffer_size()
        if waiting >= before:
            self.transport.abort()
            return
        self._expecting = self.loop.call_later(self.answer_seconds, self._expect_less, waiting)

    def _stop_expecting(self) -> None:
        if self._expecting is not None:
            self._expecting.cancel()
        self._expecting = None

    def _watch(self) -> None:
        """Close the connection, of which nothing is read meanwhile, once the client has gone."""
        self._stop_watching()
        if self.transport.is_closing() or self._answering.response_complete:
            return
        held = select.poll()
        held.register(self.transport.get_extra_info("socket"), _CLOSED)
        found = sum(events for _, events in held.poll(0))
        if found & (select.POLLERR | select.POLLHUP):
            self.transport.abort()
            return
        if found and not self._probed and not self._answering.response_started:
            # One that has closed its connection, not only its half, tells so when it is sent
            # something: an answer before the answer, which any client of HTTP/1.1 passes over.
            self._probed = True
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._watching = self.loop.call_later(self.gone_seconds, self._watch)

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._watching = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._cancel_deadline()
        self._stop_watching()
        self._stop_expecting()
        self._connections[self._address] -= 1
        if not self._connections[self._address]:
            del self._connections[self._address]
        super().connection_lost(exc)
        if self.cycle is not None and not self._answering.response_complete:
            # Uvicorn tells the request that came last, which may wait for others to be answered.
            self._answering.disconnected = True
            self._answering.message_event.set()

    def _wait_for_headers(self) -> None:
        self._cancel_deadline()
        self._deadline = self.loop.call_later(
            self.header_seconds, self._refuse, "The request's headers did not arrive in time."
        )

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None

    def _refuse(self, message: str) -> None:
        if not self.transport.is_closing():
            self.send_400_response(message)


def bounded(connections: int) -> type[BoundedConnection]:
    """The connection class of a server.

    Args:
        connections: Most connections of an address.
    """
    return type(
        "Connection",
        (BoundedConnection,),
        {"most_of_an_address": connections, "_connections": Counter()},
    )

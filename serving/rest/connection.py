"""An HTTP connection that does not wait for ever, nor read headers without end."""

import asyncio
import select
from collections import Counter
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADERS = 64 << 10  # bytes of a request line and its headers, of trailers, of a chunk's frame


class BoundedConnection(HttpToolsProtocol):
    """Uvicorn's HTTP/1.1 connection, closed when a request's headers are slow or long.

    Nor may an address have more than some connections. Between requests uvicorn's own
    `timeout_keep_alive` holds.
    """

    header_seconds = 60.0  # from the connection, or a request's first byte, to its headers' end
    gone_seconds = 0.2  # between two looks whether a client that sends no more is still there
    most_of_an_address = 512
    _connections: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self._unread = 0
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

    def eof_received(self) -> bool:  # type: ignore[override]
        """The client sends no more; what it has asked is answered before the connection closes."""
        asked = self.cycle is not None and not self.cycle.response_complete
        if not asked or self.cycle.more_body:
            return False
        self.cycle.keep_alive = False
        if self.cycle.scope["http_version"] != "1.0" and not self.cycle.response_started:
            # One that has closed its connection, not only its half, tells so when it is sent
            # something: an answer before the answer, which any client of HTTP/1.1 passes over.
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._look_whether_gone(self.transport.get_extra_info("socket").fileno())
        return True

    def _look_whether_gone(self, descriptor: int) -> None:
        """Close a connection, of which nothing is read any more, once the client has gone."""
        if self.transport.is_closing():
            return
        held = select.poll()
        held.register(descriptor, 0)
        if held.poll(0):  # an error, which nobody needs to ask for
            self.transport.abort()
        else:
            self.loop.call_later(self.gone_seconds, self._look_whether_gone, descriptor)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._cancel_deadline()
        self._connections[self._address] -= 1
        if not self._connections[self._address]:
            del self._connections[self._address]
        super().connection_lost(exc)

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

"""An HTTP connection that does not wait for ever, nor read headers without end."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEADERS = 64 << 10  # bytes of a request line and its headers


class BoundedConnection(HttpToolsProtocol):
    """Uvicorn's HTTP/1.1 connection, closed when a request's headers are slow or long.

    Between requests uvicorn's own `timeout_keep_alive` holds.
    """

    header_seconds = 60.0  # from the connection, or a request's first byte, to its headers' end

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has come."""
        super().connection_made(transport)
        self._unread = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._wait_for_headers()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._wait_for_headers()

    def on_headers_complete(self) -> None:
        """A request's headers are read."""
        self._cancel_deadline()
        self._unread = 0
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        super().data_received(data)
        if self._deadline is not None and self.parser is not None:
            self._unread += len(data)
            if self._unread > MAX_HEADERS:
                self._refuse("The request's headers are too long.")

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._cancel_deadline()
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

"""A parser of HTTP requests that stays with HTTP/1.1."""

from typing import Protocol

import httptools


class Reader(Protocol):
    """Receiver of parsed requests, by the callbacks of httptools; it keeps address and headers."""

    url: bytes
    headers: list[tuple[bytes, bytes]]

    def on_message_begin(self) -> None:
        """A request begins."""

    def on_url(self, url: bytes) -> None:
        """A part of its address."""

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""

    def on_headers_complete(self) -> None:
        """All headers have come."""

    def on_body(self, body: bytes) -> None:
        """A part of the body."""

    def on_message_complete(self) -> None:
        """The request has ended."""


class RequestParser:
    """Httptools' parser, which passes over offers of another protocol.

    Some clients, such as Java's, offer HTTP/2 with their first request (`Upgrade: h2c`). A server
    may go on with HTTP/1.1; httptools alone would take the body for the other protocol's.

    Args:
        reader: Reader of the requests.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._begin()

    def get_method(self) -> bytes:
        """The request's method."""
        return self._parser.get_method()

    def get_http_version(self) -> str:
        """The request's version of HTTP."""
        return self._parser.get_http_version()

    def should_keep_alive(self) -> bool:
        """Whether the connection stays open after the request."""
        return self._parser.should_keep_alive()

    def should_upgrade(self) -> bool:
        """Whether another protocol comes next: never, as offers are passed over."""
        return False

    def feed_data(self, data: bytes) -> None:
        """Read bytes.

        Raises:
            httptools.HttpParserError: They are no requests.
        """
        rest = memoryview(data)
        while True:
            try:
                self._parser.feed_data(rest)
                return
            except httptools.HttpParserUpgrade as offer:
                if not self._offered:  # CONNECT, which the reader refuses
                    return
                rest = rest[offer.args[0] :]
                self._read_again_without_offer()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._reader.on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of its address."""
        self._reader.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        self._reader.on_header(name, value)

    def on_headers_complete(self) -> None:
        """All headers have come; with an offer among them, they will come again without it."""
        self._offered = self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT"
        if not self._offered:
            self._reader.on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._reader.on_body(body)

    def on_message_complete(self) -> None:
        """The request has ended."""
        if not self._offered:
            self._reader.on_message_complete()

    def _begin(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
        self._offered = False

    def _read_again_without_offer(self) -> None:
        line = b"%s %s HTTP/%s\r\n" % (
            self._parser.get_method(), self._reader.url, self._parser.get_http_version().encode(),
        )  # fmt: skip
        kept = (pair for pair in self._reader.headers if pair[0] != b"upgrade")
        lines = (b"%s: %s\r\n" % pair for pair in kept)
        self._begin()
        self._parser.feed_data(line + b"".join(lines) + b"\r\n")

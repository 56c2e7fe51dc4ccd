"""The door of the page's server: what the page itself asks comes in, in bounded sizes."""

import asyncio
import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .folder import Folder

_API = "/gradio_api"
_FILE = f"{_API}/file="
_JOIN = f"{_API}/queue/join"
_LOGIN = "/login"
_READ = {
    "/", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json", "/logout",
    f"{_API}/app_id", f"{_API}/info", f"{_API}/login_check", f"{_API}/queue/data",
    f"{_API}/startup-events", f"{_API}/theme.css", f"{_API}/token", f"{_API}/upload_progress",
    f"{_API}/user",
}  # fmt: skip
_READ_BELOW = "/assets/", "/static/", "/svelte/", f"{_API}/heartbeat/"
_JSON = {_JOIN, f"{_API}/run/predict", f"{_API}/cancel", f"{_API}/reset"}
_JSON_BYTES, _FORM_BYTES, _SECONDS = 256 * 1024, 4096, 60.0
_LOGINS, _MINUTE = 10, 60.0


class Refusal(Exception):
    """A request that is not let in.

    Args:
        status: Status of HTTP.
        reason: Words that the page shows.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status, self.reason = status, reason


@dataclass
class Door:
    """Middleware that lets in what the page itself asks.

    Gradio's server also fetches addresses of others, takes files and more, whether or not a page
    has a use for it. Here a file comes in only where a field takes one.

    Args:
        app: Gradio's server.
        folder: Folder of the files that may be read.
        uploads: Addresses that take files, below Gradio's, as the fields of the page need them.
        largest: Bytes of such a file.
        presses: Presses of an address of a visitor that wait or are worked on.
        most: Presses that it may have.
    """

    app: ASGIApp
    folder: Folder
    uploads: frozenset[str]
    largest: int
    presses: Callable[[str], int]
    most: int
    _entering: Counter[str] = field(default_factory=Counter)
    _logins: dict[str, deque[float]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, visitor = scope["path"].rstrip("/") or "/", (scope.get("client") or ("", 0))[0]
        try:
            with self._counted(path, visitor):
                if scope["method"] in ("GET", "HEAD"):
                    self._check_read(path)
                elif scope["method"] == "POST":
                    receive = await self._checked(path, visitor, Headers(scope=scope), receive)
                else:
                    raise Refusal(405, "Not allowed.")
                await self.app(scope, receive, send)
        except Refusal as refusal:
            answer = JSONResponse({"detail": refusal.reason}, refusal.status)
            await answer(scope, receive, send)

    @contextmanager
    def _counted(self, path: str, visitor: str) -> Iterator[None]:
        """Count a press until it stands in the queue."""
        if path != _JOIN:
            yield
            return
        if self.presses(visitor) + self._entering[visitor] >= self.most:
            raise Refusal(429, f"{self.most} presses of yours are waiting; wait for one to end.")
        self._entering[visitor] += 1
        try:
            yield
        finally:
            self._entering[visitor] -= 1
            self._entering += Counter()  # without those at 0

    def _check_read(self, path: str) -> None:
        if path.startswith(_FILE):
            if not self.folder.holds(path.removeprefix(_FILE)):
                raise Refusal(403, "Not a file of this page.")
        elif path not in _READ and not path.startswith(_READ_BELOW):
            raise Refusal(404, "Not found.")

    async def _checked(
        self, path: str, visitor: str, headers: Headers, receive: Receive
    ) -> Receive:
        """The body of a request that may come in, checked as far as it must be read for that."""
        if path.removeprefix(f"{_API}/") in self.uploads:
            _check_size(headers, self.largest)
            if await asyncio.to_thread(lambda: self.folder.full):
                raise Refusal(507, "There are too many files here; try again in some minutes.")
            return receive
        if path == _LOGIN:
            _check_size(headers, _FORM_BYTES)
            self._count_login(visitor)
            return receive
        if path not in _JSON:
            raise Refusal(404, "Not found.")
        _check_size(headers, _JSON_BYTES)
        body = await _body(receive)
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Refusal(400, "The body must be JSON.") from error
        if _names_an_address(data):
            raise Refusal(400, "A file must be sent; it is not fetched from an address.")
        return _again(body, receive)

    def _count_login(self, visitor: str) -> None:
        now = time.monotonic()
        self._logins = {
            each: times for each, times in self._logins.items() if now - times[-1] < _MINUTE
        }
        times = self._logins.setdefault(visitor, deque(maxlen=_LOGINS))
        if len(times) == _LOGINS and now - times[0] < _MINUTE:
            raise Refusal(429, "Too many attempts; try again in a minute.")
        times.append(now)


def _check_size(headers: Headers, largest: int) -> None:
    length = headers.get("content-length", "")
    if not length.isdecimal():
        raise Refusal(411, "The request must have a Content-Length.")
    if int(length[:20]) > largest:
        raise Refusal(413, f"Larger than {largest} bytes, the most that is taken.")


async def _body(receive: Receive) -> bytes:
    """The whole body, whose size is checked."""
    parts = []
    try:
        async with asyncio.timeout(_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refusal(400, "The request ended early.")
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError as error:
        raise Refusal(408, "The request took too long to arrive.") from error


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that has been read, to be read again."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return waiting.pop() if waiting else await receive()

    return give


def _names_an_address(data: Any) -> bool:
    """Whether a description of a file, at any depth, has an address in the place of a path."""
    if isinstance(data, dict):
        path = data.get("path")
        return (isinstance(path, str) and "://" in path) or any(
            map(_names_an_address, data.values())
        )
    return isinstance(data, list) and any(map(_names_an_address, data))

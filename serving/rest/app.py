"""The REST API as an ASGI application."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..codec import Codec, work_of
from ..errors import ServingError, invalid
from ..examples import CLASSIFY, REGRESS
from ..keys import Keys
from ..limits import Budget, Limits
from ..metrics import Metrics
from ..servable import Servable
from ..service import Service, within
from .body import held_body
from .examples import read_examples
from .metadata import metadata_response, status_response
from .paths import Target, is_api, parse_path
from .reading import read_predict
from .writing import classify_body, error_response, predict_body, regress_body

T = TypeVar("T")

_LOG = logging.getLogger("serving")
_JSON = "application/json"
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "*",
}


@dataclass(frozen=True)
class RestApi:
    """Answers HTTP requests: an ASGI application.

    Args:
        service: Service that runs models.
        metrics: Counts and times of requests.
        codec: Reads and writes bodies.
        budget: Bytes of all bodies that are held.
        keys: Keys of which a request must show one.
        metrics_path: Path where Prometheus finds metrics; `None` for nowhere.
        cors: Whether pages of other origins may ask.
        body_seconds: Seconds that a client may take to send a body.
    """

    service: Service
    metrics: Metrics
    codec: Codec
    budget: Budget
    keys: Keys = field(default_factory=Keys)
    metrics_path: str | None = None
    cors: bool = False
    body_seconds: float = 60.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(Request(scope, receive))
        if self.cors:
            response.headers.update(_CORS)
        with contextlib.suppress(ClientDisconnect):
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("latin-1")
        if request.method == "OPTIONS":  # asked before a page's request, without its key
            return Response(status_code=HTTPStatus.OK, media_type=_JSON)
        try:
            self.keys.check(request.headers.get("authorization", ""))
            if request.method in ("GET", "HEAD") and path == self.metrics_path:
                text = await asyncio.to_thread(self.metrics.text)
                return Response(text, media_type="text/plain; version=0.0.4")
            if not is_api(path):
                return _json(HTTPStatus.NOT_FOUND, error_response("Not Found"))
            query = request.scope["query_string"].decode("latin-1")
            method = "GET" if request.method == "HEAD" else request.method
            target = parse_path(method, f"{path}?{query}" if query else path)
            if not target.verb:
                return _json(HTTPStatus.OK, self._read(target))
            limit = self._limits.body
            async with held_body(request, limit, self.budget, self.body_seconds) as body:
                work = self._run(target, body)
                return _json(HTTPStatus.OK, await _while_there(request, work))
        except ServingError as error:
            return _refusal(error)
        except TimeoutError:
            return _json(
                HTTPStatus.REQUEST_TIMEOUT,
                error_response("The request's body did not arrive in time."),
            )
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:  # a fault of this server's: one line, and the answer is JSON
            _LOG.error("%s %s: %r", request.method, path[:200], error)
            return _json(HTTPStatus.INTERNAL_SERVER_ERROR, error_response("Internal error."))

    def _read(self, target: Target) -> str:
        """The answer to a GET."""
        if not target.name:
            raise invalid("Missing model name in request.")
        manager = self.service.manager
        if target.metadata:
            found = manager.find(target.name, target.version, target.label)
            return metadata_response(found.name, found.version, found.signatures)
        # As in TensorFlow Serving, a label in the path of a status is not looked at.
        return status_response(manager.states(target.name, target.version))

    async def _run(self, target: Target, body: bytes) -> bytes:
        """The answer to a POST."""
        timeout = self.service.timeout
        deadline = asyncio.get_running_loop().time() + timeout if timeout else None
        found = self.service.manager.find(target.name, target.version, target.label)
        with found.in_use() as servable, self.metrics.request(target.name, target.verb, "REST"):
            async with within(deadline):
                return await self._VERBS[target.verb](self, servable, body, deadline)

    async def _predict(self, servable: Servable, body: bytes, deadline: float | None) -> bytes:
        request = await self.codec.run(
            len(body), read_predict, body, servable.signatures.all_dtypes, self._limits
        )
        name = request.signature_name
        outputs = await self.service.predict(servable, name, request.tensors, deadline)
        return await self.codec.run(work_of(outputs), predict_body, outputs, request.row)

    async def _classify(self, servable: Servable, body: bytes, deadline: float | None) -> bytes:
        request = await self.codec.run(len(body), read_examples, body, self._limits)
        outputs = await self.service.infer(servable, CLASSIFY, request, deadline)
        return await self.codec.run(work_of(outputs), classify_body, outputs)

    async def _regress(self, servable: Servable, body: bytes, deadline: float | None) -> bytes:
        request = await self.codec.run(len(body), read_examples, body, self._limits)
        outputs = await self.service.infer(servable, REGRESS, request, deadline)
        count = len(request.serialized)
        return await self.codec.run(work_of(outputs), regress_body, outputs, count)

    @property
    def _limits(self) -> Limits:
        return self.service.limits

    _VERBS: ClassVar[Mapping[str, Callable[..., Awaitable[bytes]]]] = {
        "predict": _predict,
        "classify": _classify,
        "regress": _regress,
    }


async def _while_there(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of the work for a request, which is stopped when the client goes.

    Raises:
        ClientDisconnect: The client has gone.
    """
    working = asyncio.create_task(work)
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        gone.cancel()
        working.cancel()


async def _gone(request: Request) -> None:
    """Wait until the client of a request has gone, whose body has come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _refusal(error: ServingError) -> Response:
    response = _json(error.http_status, error_response(error.message))
    if error.code == "UNAVAILABLE":
        response.headers["Retry-After"] = "1"
    if error.code == "UNAUTHENTICATED":
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _json(status: int, body: str | bytes) -> Response:
    data = body.encode("utf-8", "replace") if isinstance(body, str) else body
    return Response(data, status, media_type=_JSON)

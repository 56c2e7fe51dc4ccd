"""The REST API as an ASGI application."""

import asyncio
import zlib
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import ServingError, invalid
from ..metrics import Metrics
from ..servable import Servable
from ..service import Gate, Service
from .examples import parse_examples
from .metadata import metadata_response, status_response
from .paths import Target, is_api, parse_path
from .reading import parse_json, parse_predict, signature_name
from .writing import (
    classify_response,
    error_response,
    predict_response,
    regress_response,
)

MAX_BODY = 100 << 20  # bytes, also once decompressed, as TensorFlow Serving's limit
_JSON = "application/json"


@dataclass(frozen=True)
class RestApi:
    """Answers HTTP requests.

    Args:
        service: Service that runs models.
        metrics: Counts and times of requests.
        executor: Threads that requests are worked on in.
        gate: Limit of the requests that are worked on.
        metrics_path: Path where Prometheus finds metrics; `None` for nowhere.
        cors: Whether pages of other origins may ask.
        body_seconds: Seconds that a client may take to send a body.
    """

    service: Service
    metrics: Metrics
    executor: Executor
    gate: Gate
    metrics_path: str | None = None
    cors: bool = False
    body_seconds: float = 60.0

    def application(self) -> Starlette:
        """The ASGI application."""
        anybody = Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
        )
        return Starlette(
            routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])],
            middleware=[anybody] if self.cors else [],
        )

    async def _answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("latin-1")
        if request.method != "POST" and path == self.metrics_path:
            return Response(self.metrics.text(), media_type="text/plain; version=0.0.4")
        if not is_api(path):
            return _json(404, error_response("Not Found"))
        query = request.scope["query_string"].decode("latin-1")
        try:
            with self.gate:
                target = parse_path(
                    "POST" if request.method == "POST" else "GET",
                    f"{path}?{query}" if query else path,
                )
                if request.method != "POST":
                    return _json(200, self.read(target))
                body = await asyncio.wait_for(_body(request), self.body_seconds)
                return _json(200, await self._in_thread(lambda: self.run(target, body)))
        except ServingError as error:
            return _json(error.http_status, error_response(error.message))
        except TimeoutError:
            return _json(408, error_response("The request's body did not arrive in time."))
        except ClientDisconnect:
            return Response(status_code=499)

    async def _in_thread(self, work: Callable[[], str]) -> str:
        future = asyncio.get_running_loop().run_in_executor(self.executor, work)
        try:
            return await asyncio.wait_for(future, self.service.timeout or None)
        except TimeoutError as error:
            raise ServingError(
                "DEADLINE_EXCEEDED", f"The request took longer than {self.service.timeout:g} s."
            ) from error

    def read(self, target: Target) -> str:
        """The answer to a GET."""
        if not target.name:
            raise invalid("Missing model name in request.")
        manager = self.service.manager
        if target.metadata:
            return metadata_response(manager.find(target.name, target.version, target.label))
        return status_response(manager.states(target.name, target.version, target.label))

    def run(self, target: Target, body: bytes) -> str:
        """The answer to a POST."""
        document = parse_json(body)
        name = signature_name(document)
        servable = self.service.manager.find(target.name, target.version, target.label)
        with self.metrics.request(target.name, target.verb.capitalize(), "REST"):
            return self._answer_with(servable, target.verb, name, document)

    def _answer_with(
        self, servable: Servable, verb: str, name: str, document: dict[str, Any]
    ) -> str:
        if verb == "predict":
            request = parse_predict(document, servable.dtypes(name))
            return predict_response(
                self.service.predict(servable, name, request.tensors), request.row
            )
        examples = parse_examples(document)
        if verb == "classify":
            return classify_response(self.service.classify(servable, examples))
        return regress_response(self.service.regress(servable, examples))


def _json(status: int, body: str) -> Response:
    return Response(body.encode("utf-8", "replace"), status, media_type=_JSON)


async def _body(request: Request) -> bytes:
    """A request's body, decompressed.

    Raises:
        ServingError: Larger than the limit, or not the gzip that it claims to be.
    """
    parts, size = [], 0
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip"):
        raise invalid(f"Content-Encoding must be gzip. Received: {encoding[:40]}")
    inflate = zlib.decompressobj(16 + zlib.MAX_WBITS) if encoding == "gzip" else None
    async for part in request.stream():
        try:
            plain = inflate.decompress(part, MAX_BODY + 1 - size) if inflate else part
        except zlib.error as error:
            raise invalid("The body is not gzip, as its Content-Encoding says.") from error
        parts.append(plain)
        size += len(plain)
        if size > MAX_BODY:
            raise invalid(f"The body is larger than {MAX_BODY >> 20} MB.")
    if inflate and size and not inflate.eof:
        raise invalid("The gzip of the body is cut short.")
    return b"".join(parts)

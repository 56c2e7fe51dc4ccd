"""A served model over TensorFlow Serving's REST API."""

import base64
import json
import os
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np

from .address import Address
from .connection import Columns, Rows
from .errors import Busy, ClientError, Dropped, one_line
from .signature import Signature
from .waiting import HttpAnswer, Waiting

_BUSY = frozenset({429, 502, 503})


class RestConnection:
    """Asks over HTTP.

    Args:
        address: Address of the model.
        headers: Headers of each request.
        timeout: Seconds for an answer.
        tls: Certificates that are believed; `None` for those that httpx brings.
        waiting: Way to wait.

    Raises:
        ClientError: An address that HTTP cannot have, or settings of the system, such as its
            proxy's, that cannot be.
    """

    def __init__(
        self,
        address: Address,
        headers: Mapping[str, str],
        timeout: float,
        tls: ssl.SSLContext | None,
        waiting: Waiting,
    ) -> None:
        self._waiting, self._timeout = waiting, timeout
        version = "" if address.version is None else f"/versions/{address.version}"
        label = "" if address.label is None else f"/labels/{quote(address.label, safe='')}"
        model = quote(address.model, safe="")
        self._url = str(address)
        self._path = f"{address.before}/v1/models/{model}{version}{label}"
        try:
            self._http = waiting.http(
                base_url=f"{address.scheme}://{address.place}",
                headers=headers,
                timeout=timeout,
                **({} if tls is None else {"verify": tls}),
            )
        except (httpx.InvalidURL, ValueError, ImportError, OSError) as error:
            raise ClientError(f"{self._url}: cannot be asked ({one_line(error)}).") from error

    async def metadata(self) -> dict[str, Any]:
        """The model's signatures, as the server tells them."""
        return await self._answer("GET", f"{self._path}/metadata")

    async def predict(self, name: str, signature: Signature, rows: Rows) -> Columns:
        """Run a signature."""
        inputs = {key: _to_json(column) for key, column in rows.items()}
        body = _json({"signature_name": name, "inputs": inputs})
        answer = await self._answer("POST", f"{self._path}:predict", body)
        try:
            outputs = answer["outputs"]
            if len(signature.outputs) == 1:  # which the API sends without its name
                outputs = dict.fromkeys(signature.outputs, outputs)
            return {key: _from_json(column) for key, column in outputs.items()}
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise self._no_server("JSON of another form") from error

    async def close(self) -> None:
        """End the connection."""
        await self._waiting.close_http(self._http)

    async def _answer(self, method: str, path: str, body: bytes | None = None) -> Any:
        kind = {} if body is None else {"content-type": "application/json"}
        try:
            request = self._http.build_request(method, path, content=body, headers=kind)
            answer = await self._waiting.send(self._http, request, self._timeout)
        except httpx.TimeoutException as error:
            raise ClientError(f"{self._url}: no answer within {self._timeout:g} s.") from error
        except httpx.RequestError as error:
            raise self._fault(error) from error
        except (httpx.InvalidURL, UnicodeError) as error:  # a host that no network has
            raise ClientError(f"{self._url}: no address of a server ({error}).") from error
        self._check_status(answer)
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise self._no_server(_text(answer)) from error

    def _fault(self, error: httpx.RequestError) -> Exception:
        """The error that a fault of the network means."""
        reasons = list(_causes(error))
        told = _words(reasons)
        if any(isinstance(reason, ssl.SSLError) for reason in reasons):
            return ClientError(f"{self._url}: no encrypted connection ({told}).")
        if isinstance(error, httpx.ConnectError):
            return Busy(told)
        if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
            return Dropped(told)
        return ClientError(f"{self._url}: {told}")

    def _check_status(self, answer: HttpAnswer) -> None:
        if answer.status in _BUSY:
            raise Busy(f"{answer.status}: {_error(answer)}", _wait(answer.headers))
        if 300 <= answer.status < 400:
            there = one_line(answer.headers.get("location", "nowhere"))
            raise ClientError(
                f"{self._url}: the server answers {answer.status}, a redirection to {there}; "
                "give the URL of the server of models itself."
            )
        if answer.status >= 400:
            raise ClientError(f"The server answers {answer.status}: {_error(answer)}")
        if answer.status != 200:
            raise self._no_server(f"{answer.status} {_text(answer)}")

    def _no_server(self, text: str) -> ClientError:
        shown = one_line(text)[:60]
        return ClientError(f"{self._url}: no server of models: it answers {shown!r}.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):  # of several addresses of a host
            error = error.exceptions[0]
        else:
            error = error.__cause__ or error.__context__


def _words(errors: Sequence[BaseException]) -> str:
    """Words of errors: those of the operating system, which libraries replace, or the first."""
    for error in errors:
        # TLS, and names that are not found, number their errors by themselves.
        own = not isinstance(error, ssl.SSLError | socket.gaierror)
        if isinstance(error, OSError) and error.errno and own:
            return f"[Errno {error.errno}] {os.strerror(error.errno)}"
    return next((line for line in map(one_line, errors) if line), type(errors[0]).__name__)


def _wait(headers: httpx.Headers) -> float:
    """Seconds that a server asks to wait, as a number or as the time of the end."""
    text = headers.get("retry-after", "0")
    if text.isdecimal():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def _text(answer: HttpAnswer) -> str:
    return answer.content[:4096].decode("utf-8", "replace")


def _error(answer: HttpAnswer) -> str:
    try:
        return one_line(json.loads(answer.content)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return one_line(_text(answer)[:200])


def _json(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ClientError(
            f"A text must be Unicode. Received: {error.object[error.start]!r}."
        ) from error


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    if isinstance(value, np.ndarray | np.generic):
        return _to_json(value.tolist())
    return [_to_json(part) for part in value] if isinstance(value, list | tuple) else value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["b64"], validate=True)
    return [_from_json(part) for part in value] if isinstance(value, list) else value

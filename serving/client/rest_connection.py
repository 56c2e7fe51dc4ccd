"""A served model over TensorFlow Serving's REST API."""

import base64
from typing import Any
from urllib.parse import quote

import httpx

from .connection import Address, Columns, Rows
from .errors import Busy, ClientError
from .signature import Signature

_BUSY = (429, 502, 503, 504)


class RestConnection:
    """Asks over HTTP.

    Args:
        address: Address of the model.
        timeout: Seconds for an answer.
    """

    def __init__(self, address: Address, timeout: float) -> None:
        self._http = httpx.Client(base_url=f"{address.scheme}://{address.place}", timeout=timeout)
        version = "" if address.version is None else f"/versions/{address.version}"
        self._path = f"/v1/models/{quote(address.model, safe='')}{version}"

    def metadata(self) -> dict[str, Any]:
        """The model's signatures, as the server tells them."""
        return self._answer("GET", f"{self._path}/metadata")

    def predict(self, name: str, signature: Signature, rows: Rows) -> Columns:
        """Run a signature."""
        inputs = {key: [_to_json(value) for value in column] for key, column in rows.items()}
        body = {"signature_name": name, "inputs": inputs}
        outputs = self._answer("POST", f"{self._path}:predict", body)["outputs"]
        if len(signature.outputs) == 1:  # which the API sends without its name
            outputs = dict.fromkeys(signature.outputs, outputs)
        return {key: _from_json(column) for key, column in outputs.items()}

    def _answer(self, method: str, path: str, body: Any = None) -> Any:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.TransportError as error:
            raise Busy(str(error)) from error
        if answer.status_code in _BUSY:
            raise Busy(f"{answer.status_code}: {_error(answer)}")
        if answer.is_error:
            raise ClientError(f"The server answers {answer.status_code}: {_error(answer)}")
        try:
            return answer.json()
        except ValueError as error:
            raise ClientError(
                f"{answer.url}: no server of models: it answers {answer.text[:60]!r}."
            ) from error


def _error(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]


def _to_json(value: Any) -> Any:
    return {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["b64"])
    return [_from_json(part) for part in value] if isinstance(value, list) else value

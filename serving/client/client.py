"""Client of a served model."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any, ClassVar, Concatenate, ParamSpec, Self, TypeVar

from .abilities import TextInput
from .async_client import AsyncClient, LabelGroup
from .endpoint import Endpoint
from .signature import Signature
from .waiting import Blocking, Waiting, finished

__all__ = ["Client", "LabelGroup"]
_Words = ParamSpec("_Words")
_Answer = TypeVar("_Answer")


def _blocking(
    method: Callable[Concatenate[AsyncClient, _Words], Coroutine[Any, Any, _Answer]],
) -> Callable[Concatenate["Client", _Words], _Answer]:
    """The method of a client that blocks, from the one that is awaited."""

    @wraps(method)
    def call(client: "Client", *words: _Words.args, **named: _Words.kwargs) -> _Answer:
        return finished(method(client._asking, *words, **named))

    return call


@dataclass
class Client(Endpoint):
    """Asks a served model, over TensorFlow Serving's REST API or gRPC.

    Each method needs signatures that the model publishes, and raises ClientError if it has not got
    them, or if the server cannot be reached, refuses, or does not answer in time. Many rows are
    sent in several requests. Threads may share a client. `AsyncClient` has the same methods as
    coroutines.

    Args:
        url: `http://HOST:8501` or `grpc://HOST:8500`, encrypted `https://` and `grpcs://`; a path
            `/v1/models/NAME` names the model, `/versions/N` or `/labels/LABEL` after it a version.
        model: Name of the model, if the URL does not say it.
        version: Number of its version; by default the newest.
        timeout: Seconds for an answer; a request that takes longer is not sent again.
        retries: Number of further attempts if there is no connection, or the server is overloaded
            or not ready; the first waits up to a quarter of a second, each next one twice as long,
            and as long as the server asks. A dropped connection is tried once more alone.
        label: Label of the version, in place of its number.
        api_key: Token that the server asks for; by default the environment variable
            KERAS_T2I_API_KEY.
        ca_file: File in PEM with the certificates of the authorities that are believed; by default
            those that the libraries of HTTP and gRPC bring.
        rows: Most rows of one request; fewer are sent to a server that says that it takes fewer.

    Raises:
        ClientError: The URL has another form, or an argument is impossible.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        held = {each.name: getattr(self, each.name) for each in fields(Endpoint)}
        self._asking = _BlockingClient(**held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def signatures(self) -> dict[str, Signature]:
        """The model's signatures by name, as they were when first asked for."""
        return finished(self._asking.signatures())

    @property
    def text_input(self) -> TextInput:
        """The kind of text that the model draws from.

        Raises:
            ClientError: A model that draws from no texts.
        """
        return finished(self._asking.text_input())

    close = _blocking(AsyncClient.close)
    metadata = _blocking(AsyncClient.metadata)
    signature = _blocking(AsyncClient.signature)
    offers = _blocking(AsyncClient.offers)
    generate = _blocking(AsyncClient.generate)
    unknown_words = _blocking(AsyncClient.unknown_words)
    draw = _blocking(AsyncClient.draw)
    points = _blocking(AsyncClient.points)
    melody = _blocking(AsyncClient.melody)
    translate = _blocking(AsyncClient.translate)
    reconstruct = _blocking(AsyncClient.reconstruct)
    complete = _blocking(AsyncClient.complete)
    interpolate = _blocking(AsyncClient.interpolate)
    encode = _blocking(AsyncClient.encode)
    condition = _blocking(AsyncClient.condition)
    noise = _blocking(AsyncClient.noise)
    synthesize = _blocking(AsyncClient.synthesize)
    label_groups = _blocking(AsyncClient.label_groups)
    labels = _blocking(AsyncClient.labels)
    call = _blocking(AsyncClient.call)


class _BlockingClient(AsyncClient):
    """The coroutines of a client that blocks."""

    _waiting: ClassVar[Waiting] = Blocking()

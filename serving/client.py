"""A client of a served model, and `python -m serving.client`: pictures from a URL."""

import argparse
import base64
import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx
import numpy as np
from PIL import Image, ImageOps

from .client_errors import Busy, ClientError

__all__ = ["Client", "ClientError"]

_RETRIED = (429, 502, 503, 504)


@dataclass(frozen=True)
class LabelGroup:
    """Labels of which a picture has exactly one, or any number.

    Args:
        name: The group's.
        labels: Its labels' names.
        exclusive: Whether exactly one.
    """

    name: str
    labels: list[str]
    exclusive: bool


@dataclass
class Client:
    """Asks a served model for pictures, over TensorFlow Serving's REST API or gRPC.

    Args:
        url: `http://HOST:8501` or `grpc://HOST:8500`; a path `/v1/models/NAME` names the model.
        model: Its name, if the URL does not say it.
        version: One of its versions; by default the newest.
        timeout: Seconds for an answer.
        retries: Further attempts after no connection, an overloaded server, or none that is ready;
            the first waits a quarter of a second, each next one twice as long.

    Raises:
        ClientError: The URL is of another kind.
    """

    url: str
    model: str = "default"
    version: int | None = None
    timeout: float = 60.0
    retries: int = 4
    _call: "Callable[[str, dict[str, list[Any]]], dict[str, list[Any]]]" = field(init=False)
    _inputs: dict[str, set[str]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url if "://" in self.url else f"http://{self.url}")
        named = parts.path.strip("/").split("/")
        if named[:2] == ["v1", "models"] and len(named) > 2:
            self.model = unquote(named[2])
        if parts.scheme in ("http", "https"):
            self._rest = httpx.Client(
                base_url=f"{parts.scheme}://{parts.netloc}", timeout=self.timeout
            )
            self._call = self._over_rest
        elif parts.scheme == "grpc":
            from .grpc_client import GrpcCall

            self._call = GrpcCall(parts.netloc, self.model, self.version, self.timeout)
        else:
            raise ClientError(f"{self.url}: must begin with http://, https:// or grpc://.")

    def generate(
        self, texts: Sequence[str], seed: int = 0, truncation: float = 1.0
    ) -> list[Image.Image]:
        """A picture for each caption, or each picture's labels.

        Args:
            texts: Captions, or labels such as "female, wavy, double eyelid".
            seed: The noise of the first; the next ones take the next numbers.
            truncation: Factor of the noise in [0, 1].
        """
        count = len(texts)
        rows = {
            self._text_name("generate"): list(texts),
            "seed": list(range(seed, seed + count)),
            "truncation": [float(truncation)] * count,
        }
        return _pictures(self.call("generate", rows))

    def draw(self, count: int, seed: int = 0, truncation: float = 1.0) -> list[Image.Image]:
        """Pictures of a model that draws from noise alone; the seeds are consecutive."""
        rows = {"seed": list(range(seed, seed + count)), "truncation": [float(truncation)] * count}
        return _pictures(self.call("generate", rows))

    def translate(self, pictures: Sequence[Image.Image], back: bool = False) -> list[Image.Image]:
        """What a model from pictures to pictures makes of some; `back` as CycleGAN's first kind."""
        signature = "translate_back" if back else "translate"
        self._names(signature)
        return _pictures(self.call(signature, {"image_bytes": [_png(p) for p in pictures]}))

    def interpolate(self, start: str, end: str, steps: int = 8, seed: int = 0) -> list[Image.Image]:
        """Pictures on the way from one text to another, with the same noise."""
        name = self._text_name("generate")
        rows = {
            f"{name}_from": [start] * steps,
            f"{name}_to": [end] * steps,
            "alpha": [i / max(1, steps - 1) for i in range(steps)],
            "seed": [seed] * steps,
        }
        return _pictures(self.call("interpolate", rows))

    def encode(self, captions: Sequence[str]) -> dict[str, np.ndarray]:
        """`embedding` (N, E), `attention` and `tokens` of captions."""
        found = self.call("encode_text", {"caption": list(captions)})
        return {name: np.array(rows) for name, rows in found.items()}

    def condition(self, texts: Sequence[str]) -> np.ndarray:
        """What the generator takes for captions, or labels: float32 (N, E)."""
        labelled = self.takes_labels
        signature, name = ("encode_labels", "labels") if labelled else ("encode_text", "caption")
        output = "condition" if labelled else "embedding"
        found = self.call(signature, {name: list(texts)})
        return np.array(found.get(output, found.get("")), "float32")

    def noise(self, seeds: Sequence[int]) -> np.ndarray:
        """The noise of seeds, as `generate` draws it: float32 (N, z)."""
        found = self.call("sample_noise", {"seed": list(seeds)})
        return np.array(found.get("noise", found.get("")), "float32")

    @property
    def takes_labels(self) -> bool:
        """Whether the model draws from labels, not captions."""
        return self._text_name("generate") == "labels"

    def label_groups(self) -> list[LabelGroup]:
        """The labels that the model knows, group by group; none if it does not tell them."""
        if "classify" not in self.signatures:
            return []
        grey = _png(Image.new("RGB", (64, 64), "grey"))
        found = {k: rows[0] for k, rows in self.call("classify", {"image_bytes": [grey]}).items()}
        groups: dict[str, LabelGroup] = {}
        for label, group, exclusive in zip(
            found["labels"], found["groups"], found["exclusive"], strict=True
        ):
            named = groups.setdefault(_text(group), LabelGroup(_text(group), [], bool(exclusive)))
            named.labels.append(_text(label))
        return list(groups.values())

    def synthesize(self, noise: np.ndarray, condition: np.ndarray) -> list[Image.Image]:
        """Pictures of noise (N, z) and embeddings, or label vectors, (N, E)."""
        (name,) = self._names("synthesize") - {"noise"}
        rows = {"noise": np.asarray(noise).tolist(), name: np.asarray(condition).tolist()}
        return _pictures(self.call("synthesize", rows))

    def labels(self, pictures: Sequence[Image.Image]) -> list[dict[str, float]]:
        """The labels that the model reads in pictures, with their probabilities."""
        found = self.call("classify", {"image_bytes": [_png(picture) for picture in pictures]})
        names = found["labels"]
        return [
            dict(zip((_text(n) for n in row), map(float, values), strict=True))
            for row, values in zip(names, found["probabilities"], strict=True)
        ]

    def call(self, signature: str, rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Any signature: columns of inputs to columns of outputs; bytes are `bytes`.

        Raises:
            ClientError: Not reachable, refused, or not in time.
        """
        return self._retried(lambda: self._call(signature, rows))

    def metadata(self) -> dict[str, Any]:
        """The model's signatures, as the server tells them (over REST)."""
        if not hasattr(self, "_rest"):
            raise ClientError("Metadata are asked for over REST; give an http:// URL.")
        return self._retried(
            lambda: self._answer(self._rest.get(f"{self._path()}/metadata")).json()
        )

    def _text_name(self, signature: str) -> str:
        return "labels" if "labels" in self._names(signature) else "caption"

    @property
    def signatures(self) -> dict[str, set[str]]:
        """The names of each signature's inputs."""
        if self._inputs is None:
            if hasattr(self, "_rest"):
                held = self.metadata()["metadata"]["signature_def"]["signature_def"]
                self._inputs = {name: set(s["inputs"]) for name, s in held.items()}
            else:
                self._inputs = self._retried(self._call.inputs)
        return self._inputs

    def _names(self, signature: str) -> set[str]:
        if signature not in self.signatures:
            raise ClientError(
                f"{self.model} has no signature {signature!r}; it has "
                f"{', '.join(sorted(self.signatures))}."
            )
        return self.signatures[signature]

    def _path(self) -> str:
        version = "" if self.version is None else f"/versions/{self.version}"
        return f"/v1/models/{quote(self.model, safe='')}{version}"

    def _over_rest(self, signature: str, rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
        inputs = {name: [_to_json(value) for value in column] for name, column in rows.items()}
        body = {"signature_name": signature, "inputs": inputs}
        answer = self._answer(self._rest.post(f"{self._path()}:predict", json=body)).json()
        outputs = answer["outputs"]
        if not isinstance(outputs, dict):  # a single output loses its name
            outputs = {"": outputs}
        return {name: _from_json(column) for name, column in outputs.items()}

    @staticmethod
    def _answer(answer: httpx.Response) -> httpx.Response:
        if answer.status_code in _RETRIED:
            raise Busy(f"{answer.status_code}: {_error(answer)}")
        if answer.is_error:
            raise ClientError(f"The server answers {answer.status_code}: {_error(answer)}")
        return answer

    def _retried(self, ask: Callable[[], Any]) -> Any:
        for attempt in range(self.retries + 1):
            try:
                return ask()
            except (Busy, httpx.TransportError) as error:
                if attempt == self.retries:
                    raise ClientError(
                        f"{self.url}: no answer after {attempt + 1} attempts ({error})."
                    ) from error
                time.sleep(0.25 * 2**attempt)
        raise AssertionError


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


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _pictures(outputs: dict[str, list[Any]]) -> list[Image.Image]:
    held = outputs.get("image_bytes", outputs.get(""))
    return [Image.open(io.BytesIO(png)).convert("RGB") for png in held]


def _png(picture: Image.Image) -> bytes:
    held = io.BytesIO()
    picture.convert("RGB").save(held, "PNG")
    return held.getvalue()


def _asked(arguments: argparse.Namespace) -> list[Image.Image]:
    """The pictures that the command line asks for."""
    wishes = arguments.texts, arguments.count is not None, arguments.translate
    if sum(map(bool, wishes)) != 1:
        raise ClientError("Give either texts, or --count, or --translate FILE ….")
    if arguments.back and not arguments.translate:
        raise ClientError("--back goes with --translate.")
    if arguments.count is not None and arguments.count < 1:
        raise ClientError(f"--count must be at least 1. Received: {arguments.count}.")
    client = Client(arguments.url, arguments.model)
    if arguments.translate:
        return client.translate([_opened(path) for path in arguments.translate], arguments.back)
    if arguments.count is not None:
        return client.draw(arguments.count, arguments.seed, arguments.truncation)
    return client.generate(arguments.texts, arguments.seed, arguments.truncation)


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as picture:
            return ImageOps.exif_transpose(picture).convert("RGB")
    except OSError as error:
        raise ClientError(f"{path}: no picture that can be read ({error}).") from error


def main() -> None:
    """Parse the command line, ask, and save."""
    parser = argparse.ArgumentParser(
        prog="python -m serving.client", description="Pictures from a served model."
    )
    parser.add_argument("url", help="http://HOST:8501/v1/models/NAME or grpc://HOST:8500/…")
    parser.add_argument("texts", nargs="*", help="captions, or the labels of a picture each")
    parser.add_argument("--count", type=int, help="pictures of a model that takes noise alone")
    parser.add_argument("--translate", nargs="+", type=Path, help="pictures to turn into others")
    parser.add_argument("--back", action="store_true", help="from the second kind to the first")
    parser.add_argument("--model", default="default", help="its name, if the URL does not say it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--truncation", type=float, default=1.0)
    parser.add_argument(
        "--out", type=Path, default=Path("pictures"), help="a PNG file, or a folder"
    )
    arguments = parser.parse_args()
    single = arguments.out.suffix.lower() == ".png"
    try:
        pictures = _asked(arguments)
        if single and len(pictures) > 1:
            raise ClientError(f"--out {arguments.out} is one file for several pictures.")
    except ClientError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    for number, picture in enumerate(pictures):
        path = arguments.out if single else arguments.out / f"{number:05d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
        print(path)


if __name__ == "__main__":
    main()

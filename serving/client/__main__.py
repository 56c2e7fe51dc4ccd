"""`python -m serving.client`: pictures from a served model as files."""

import argparse
import sys
import tempfile
from pathlib import Path

from PIL import Image

from ..errors import missing, reason_of
from .client import Client
from .errors import ClientError
from .pictures import opened


def main() -> None:
    """Parse the command line, ask, and save."""
    arguments = parser().parse_intermixed_args()
    try:
        wanted = len(arguments.texts or arguments.translate or ()) or arguments.count
        single = arguments.out.suffix.lower() == ".png"
        if single and wanted and wanted > 1:
            raise ClientError(f"--out {arguments.out} is one file for several pictures.")
        # A place that cannot be written shall be known before a server draws for it.
        folder = arguments.out.parent if single else arguments.out
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        for number, picture in enumerate(_asked(arguments)):
            path = arguments.out if single else folder / f"{number:05d}.png"
            picture.save(path)
            print(path)
    except ClientError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        print(f"error: {missing(error, 'serving')}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"error: --out {arguments.out}: {reason_of(error)}", file=sys.stderr)
        sys.exit(2)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog=f"python -m {__package__}", description="Pictures from a served model."
    )
    add = made.add_argument
    add("url", help="http://HOST:8501/v1/models/NAME or grpc://HOST:8500/…")
    add("texts", nargs="*", help="captions, or the labels of each picture")
    add("--count", type=int, help="number of pictures of a model that takes noise alone")
    add("--translate", nargs="+", type=Path, help="pictures to turn into others")
    add("--back", action="store_true", help="translation from domain B to domain A")
    add("--model", default="default", help="name of the model, if the URL does not say it")
    add("--seed", type=int, default=0, help="seed of the first picture's noise; then the next ones")
    add("--truncation", type=float, default=1.0, help="factor of the noise in [0, 1]")
    add("--out", type=Path, default=Path("pictures"), help="PNG file, or folder of several")
    return made


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
        return client.translate([opened(path) for path in arguments.translate], arguments.back)
    if arguments.count is not None:
        return client.draw(arguments.count, arguments.seed, arguments.truncation)
    drawn = client.generate(arguments.texts, arguments.seed, arguments.truncation)
    for text, words in client.unknown_words(arguments.texts).items():
        print(f"{text!r}: not known, ignored: {', '.join(words)}", file=sys.stderr)
    return drawn


if __name__ == "__main__":
    main()

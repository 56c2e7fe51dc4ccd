"""`python -m serving.client`: pictures from a served model as files."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import missing, reason_of
from .errors import ClientError

if TYPE_CHECKING:
    from PIL import Image

    from .client import Client

_SEED, _TRUNCATION = 0, 1.0


def main() -> None:
    """Parse the command line, ask, and save."""
    arguments = parser().parse_intermixed_args()
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _check_words(sys.argv[1:])
        _check(arguments)
        for path in _saved(arguments):
            print(path, flush=True)
    except ClientError as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        _fail(missing(error, "serving"))
    except BrokenPipeError:
        # What reads our output, such as `head`, has enough; nothing more may be flushed to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _fail(f"--out {arguments.out}: {reason_of(error)}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog=f"python -m {__package__}", description="Pictures from a served model."
    )
    add = made.add_argument
    add(
        "url",
        help="http://HOST:8501/v1/models/NAME or grpc://HOST:8500/…, perhaps with /versions/N or "
        "/labels/LABEL; encrypted https:// and grpcs://",
    )
    add("texts", nargs="*", help="captions, or the labels of each picture")
    add("--count", type=int, help="number of pictures of a model that takes noise alone")
    add(
        "--translate",
        nargs="+",
        type=Path,
        help="pictures, or folders of them, to turn into others",
    )
    add("--back", action="store_true", help="translation from domain B to domain A")
    add("--model", default="default", help="name of the model, if the URL does not say it")
    add("--version", type=int, help="number of the model's version; by default the newest")
    add("--label", help="label of the version, in place of its number")
    add("--seed", type=int, default=_SEED, help="seed of the first picture's noise; then the next")
    add("--truncation", type=float, default=_TRUNCATION, help="factor of the noise in [0, 1]")
    add(
        "--out",
        type=Path,
        default=Path("pictures"),
        help="PNG, JPEG or WebP file, or folder of PNG files; those of --translate are named as "
        "their sources",
    )
    add("--overwrite", action="store_true", help="replace files that are there already")
    add("--timeout", type=float, default=60.0, help="seconds for an answer")
    add(
        "--api-key-file",
        type=Path,
        help="file with the token that the server asks for, in place of the environment variable "
        "KERAS_T2I_API_KEY",
    )
    add("--ca-file", type=Path, help="file in PEM with the authorities to believe, for TLS")
    return made


def _check_words(words: list[str]) -> None:
    """Refuse words that are not UTF-8: no server and no file takes them."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(word).decode("utf-8", "backslashreplace")
            raise ClientError(f"{shown}: is not UTF-8; write texts in UTF-8.") from None


def _check(arguments: argparse.Namespace) -> None:
    """Refuse options that exclude one another.

    Raises:
        ClientError: Options that exclude one another, or a count below 1.
    """
    wishes = arguments.texts, arguments.count is not None, arguments.translate
    if sum(map(bool, wishes)) != 1:
        raise ClientError("Give either texts, or --count, or --translate FILE ….")
    if arguments.back and not arguments.translate:
        raise ClientError("--back goes with --translate.")
    if arguments.count is not None and arguments.count < 1:
        raise ClientError(f"--count must be at least 1. Received: {arguments.count}.")
    noise = arguments.seed, arguments.truncation
    if arguments.translate and noise != (_SEED, _TRUNCATION):
        raise ClientError("--seed and --truncation do not go with --translate, which has no noise.")


def _saved(arguments: argparse.Namespace) -> Iterator[Path]:
    """Ask for the pictures, write each part of them as it comes, and give the files.

    What can be known to fail fails before anything is asked.
    """
    from .api_key import key_of_environment, key_of_file
    from .client import Client
    from .places import check_free, check_writable, numbered, places, save
    from .sources import sources_of

    sources = sources_of(arguments.translate or ())
    names = [source.name for source in sources]
    paths = places(arguments.out, names or numbered(arguments.count or len(arguments.texts)))
    check_writable(paths)
    if not arguments.overwrite:
        check_free(paths)
    file = arguments.api_key_file
    client = Client(
        arguments.url,
        arguments.model,
        arguments.version,
        arguments.timeout,
        label=arguments.label,
        api_key=key_of_environment() if file is None else key_of_file(file),
        ca_file=arguments.ca_file,
    )
    draw = _drawing(arguments, client, [source.path for source in sources])
    for start in range(0, len(paths), client.rows):
        part = slice(start, min(start + client.rows, len(paths)))
        for picture, path in zip(draw(part), paths[part], strict=True):
            save(picture, path)
            yield path
    for text, words in client.unknown_words(arguments.texts).items() if arguments.texts else ():
        print(f"{text!r}: not known, ignored: {', '.join(words)}", file=sys.stderr)


def _drawing(
    arguments: argparse.Namespace, client: "Client", sources: list[Path]
) -> "Callable[[slice], list[Image.Image]]":
    """The pictures that the command line asks for, as a function of which ones of them."""
    from .pictures import opened
    from .seeds import draws

    if sources:
        given = [opened(path) for path in sources]
        return lambda part: client.translate(given[part], arguments.back)
    count, seed, truncation = arguments.count, arguments.seed, arguments.truncation
    draws(count or len(arguments.texts), seed, truncation)
    if count is not None:
        return lambda part: client.draw(part.stop - part.start, seed + part.start, truncation)
    return lambda part: client.generate(arguments.texts[part], seed + part.start, truncation)


def _fail(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()

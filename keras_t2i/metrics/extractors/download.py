"""`python -m keras_t2i.metrics.extractors.download`: fetch the network of published FIDs."""

import os
import sys
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import tyro
from rich.console import Console
from rich.progress import Progress

from keras_t2i.metrics.extractors import fingerprint_of
from keras_t2i.pipelines.command import run as run_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import whole_file, write_text

_URL = "http://download.tensorflow.org/models/image/imagenet/inception-2015-12-05.tgz"
_GRAPH = "classify_image_graph_def.pb"


def cache_folder() -> Path:
    """Where networks and features are kept: KERAS_T2I_CACHE, by default ~/.cache/keras-t2i."""
    given = os.environ.get("KERAS_T2I_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "keras-t2i"


def canonical_graph() -> Path:
    """Where the canonical network lies once it is fetched."""
    return cache_folder() / "inception-2015-12-05" / _GRAPH


@dataclass(frozen=True)
class Arguments:
    """Fetch the Inception network of published FID and Inception Scores.

    The archive has no checksum of its own: what the graph hashes to is printed and kept beside it,
    and each later use checks it. Give --sha256 if you know it from elsewhere.

    Args:
        url: Address of the archive.
        sha256: Hash that the graph must have, in hexadecimal digits.
    """

    url: str = _URL
    sha256: str | None = None


def main() -> None:
    """Parse the command line and fetch."""
    arguments = tyro.cli(Arguments, prog="python -m keras_t2i.metrics.extractors.download")
    path = fetch(arguments.url, arguments.sha256)
    print(f"{path}\nfrom {arguments.url}\nsha256 {fingerprint_of(path)}")


def fetch(url: str, sha256: str | None = None) -> Path:
    """Download the archive and keep the graph in the cache folder, whole or not at all.

    Raises:
        InputError: Not reachable, not such an archive, or another sha256.
    """
    path = canonical_graph()
    path.parent.mkdir(parents=True, exist_ok=True)
    archive = path.with_name(f".archive.{os.getpid()}")
    try:
        _download(url, archive)
        with whole_file(path) as partial:
            _extract(archive, partial)
            check(partial, sha256)
            write_text(path.with_suffix(".sha256"), fingerprint_of(partial) + "\n")
    finally:
        archive.unlink(missing_ok=True)
    return path


def check(path: Path, sha256: str | None) -> None:
    """Refuse a file that hashes to something else.

    Raises:
        InputError: It does; the message names both.
    """
    found = fingerprint_of(path)
    if sha256 is not None and found != sha256.strip().lower():
        raise InputError(f"{path}: sha256 is {found}; it must be {sha256.strip().lower()}.")


def check_kept(path: Path) -> None:
    """Refuse a fetched file that is no longer what was fetched."""
    kept = path.with_suffix(".sha256")
    if kept.exists():
        check(path, kept.read_text())


def _download(url: str, path: Path) -> None:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, path.open("wb") as file:
            _copy(answer, file, int(answer.headers.get("Content-Length") or 0), url)
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise InputError(f"{url}: not reachable ({error}).") from error


def _copy(answer: BinaryIO, file: BinaryIO, size: int, url: str) -> None:
    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task(url.rsplit("/", 1)[-1], total=size or None)
        while part := answer.read(1 << 16):
            file.write(part)
            progress.update(task, advance=len(part))


def _extract(archive: Path, path: Path) -> None:
    try:
        with tarfile.open(archive) as held:
            names = [name for name in held.getnames() if Path(name).name == _GRAPH]
            if not names:
                raise InputError(f"The archive has no {_GRAPH}.")
            file = held.extractfile(names[0])
            if file is None:
                raise InputError(f"The archive's {_GRAPH} is no file.")
            path.write_bytes(file.read())
    except (tarfile.TarError, EOFError) as error:
        raise InputError(f"The download is no whole archive ({error}); try again.") from error


if __name__ == "__main__":
    run_command(main)

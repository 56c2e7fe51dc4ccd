"""`python -m keras_t2i.metrics.extractors.download`: fetch the network of published FIDs."""

import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

import tyro

from keras_t2i.metrics.extractors import fingerprint_of
from keras_t2i.pipelines.command import run as run_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.fetching import cache_folder, download, require_sha256
from keras_t2i.pipelines.whole_file import whole_file, write_text

_URL = (
    "https://storage.googleapis.com/download.tensorflow.org/models/image/imagenet/"
    "inception-2015-12-05.tgz"
)
_GRAPH = "classify_image_graph_def.pb"


def canonical_graph() -> Path:
    """Path of the canonical network once it is fetched."""
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
        download(url, archive)
        with whole_file(path) as partial:
            _extract(archive, partial)
            if sha256 is not None:
                require_sha256(partial, sha256)
            write_text(path.with_suffix(".sha256"), fingerprint_of(partial) + "\n")
    finally:
        archive.unlink(missing_ok=True)
    return path


def check_kept(path: Path) -> None:
    """Refuse a fetched file that is no longer what was fetched."""
    kept = path.with_suffix(".sha256")
    if kept.exists():
        require_sha256(path, kept.read_text())


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

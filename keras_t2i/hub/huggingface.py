"""Models on the Hugging Face Hub: `hf://owner/name`, by the package huggingface_hub."""

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_t2i.pipelines.errors import InputError

if TYPE_CHECKING:
    from keras_t2i.hub.saving import Trained

SCHEME = "hf://"
_PATTERNS = ("*.json", "*.npz", "*.txt", "*.md", "NOTICE", "LICENSE*", "*/sentence_encoder/*")
_ADDRESS = re.compile(r"hf:/{1,2}(?P<repo>[\w.-]+/[\w.-]+?)(?:@(?P<revision>[\w./-]+))?/?")


def is_address(where: Path | str) -> bool:
    """Whether a place is one on the hub; as a `Path` it has lost one of its slashes."""
    return str(where).startswith("hf:/")


def snapshot(where: Path | str) -> Path:
    """The folder of a model on the hub, fetched once and kept in huggingface_hub's own cache.

    Args:
        where: `hf://owner/name`, or `hf://owner/name@revision` of a branch, tag or commit.

    Raises:
        InputError: No such address, no such model, not reachable, or no model of keras-t2i.
    """
    matched = _ADDRESS.fullmatch(str(where))
    if not matched:
        raise InputError(f"{where}: must be hf://owner/name or hf://owner/name@revision.")
    hub = _package()
    try:
        folder = Path(
            hub.snapshot_download(
                matched["repo"],
                revision=matched["revision"],
                allow_patterns=_PATTERNS,
            )
        )
    except Exception as error:  # the package's own, its HTTP client's, the system's: no family
        raise InputError(f"{where}: {_line(error)}") from error
    if not (folder / "experiment.json").exists():
        raise InputError(f"{where}: no model of keras-t2i (it has no experiment.json).")
    return folder


def push_to_hub(task: "Trained", repo: str, *, private: bool = False, message: str = "") -> str:
    """Upload a trained run to the Hugging Face Hub, as `save_pretrained` writes it.

    huggingface_hub must be logged in (`hf auth login`, or HF_TOKEN).

    Args:
        task: A run, trained to its end.
        repo: `owner/name`; created if it is not there.
        private: Whether a new repository is private.
        message: Message of the commit.

    Returns:
        Address to load the model from: `hf://owner/name`.

    Raises:
        InputError: Not logged in, no right to write, or not reachable.
    """
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise InputError(f"repo must be owner/name. Received: {repo!r}.")
    from keras_t2i.hub.saving import save_pretrained

    hub = _package()
    with tempfile.TemporaryDirectory() as scratch:
        folder = save_pretrained(task, Path(scratch) / repo.split("/")[1])
        try:
            hub.create_repo(repo, private=private, exist_ok=True)
            hub.upload_folder(
                repo_id=repo, folder_path=folder, commit_message=message or "Model of keras-t2i"
            )
        except Exception as error:  # as above
            raise InputError(f"{SCHEME}{repo}: {_line(error)}") from error
    return f"{SCHEME}{repo}"


def _package() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise InputError(
            "Models on the Hugging Face Hub need the package huggingface_hub: "
            "pip install 'keras-t2i[hub]'."
        ) from error
    return huggingface_hub


def _line(error: BaseException) -> str:
    """An error's first line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]

"""Manager of the loaded versions of models, and of their changes."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .errors import ServingError, invalid, not_found
from .servable import Servable
from .settings import ModelSettings

_LOG = logging.getLogger("serving")


@dataclass(frozen=True)
class State:
    """State of a version.

    Args:
        state: Name of the state: START, LOADING, AVAILABLE, UNLOADING or END.
        code: Code of RPC: OK, or why it is not available.
        message: Message for people.
    """

    state: str
    code: str = "OK"
    message: str = ""


class ModelManager:
    """Loads versions as they appear, and drops those that are no longer wanted.

    A new version is loaded before the old one goes; where none can be loaded, the old one stays.
    Requests in flight keep the version that they began with.

    Args:
        models: Models to serve.
        poll_seconds: Seconds between two looks at the folders; 0 looks once.
        loaded: Function called with each version before it is served, such as to warm it up.
    """

    def __init__(
        self,
        models: list[ModelSettings],
        poll_seconds: float = 1.0,
        loaded: Callable[[Servable], object] = lambda servable: None,
    ) -> None:
        self._models = {model.name: model for model in models}
        self._poll, self._loaded = poll_seconds, loaded
        self._lock = threading.Lock()
        self._servables: dict[str, dict[int, Servable]] = {name: {} for name in self._models}
        self._states: dict[str, dict[int, State]] = {name: {} for name in self._models}
        self._failed: dict[Path, tuple] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="models", daemon=True)

    def start(self) -> None:
        """Load what is there, then look for changes in the background."""
        self.look()
        if self._poll > 0:
            self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> None:
        """Compare each model's folder with what is loaded, and act."""
        for model in self._models.values():
            self._look_at(model)

    def find(self, name: str, version: int | None = None, label: str | None = None) -> Servable:
        """The version that a request means: by default the highest that is available.

        Raises:
            ServingError: No such model, version or label, or none is available yet.
        """
        with self._lock:
            servables = self._servables.get(name)
            if servables is None:
                raise not_found(f"Servable not found for request: {_asked(name, version)}")
            if label is not None:
                version = self._labelled(name, label)
            if version is None and servables:
                return servables[max(servables)]
            if version in servables:
                return servables[version]
            states = self._states[name]
        starting = [s for s in states.values() if s.state in ("START", "LOADING")]
        if version is None and starting:
            raise ServingError("UNAVAILABLE", f"The model {name} is still being loaded.")
        raise not_found(f"Servable not found for request: {_asked(name, version)}")

    def states(
        self, name: str, version: int | None = None, label: str | None = None
    ) -> dict[int, State]:
        """The states of a model's versions, the highest first.

        Raises:
            ServingError: No such model, version or label.
        """
        with self._lock:
            found = dict(self._states.get(name, {}))
            if label is not None and name in self._servables:
                version = self._labelled(name, label)
        if version is not None:
            found = {version: found[version]} if version in found else {}
        if not found:
            which = "any versions" if version is None else f"version {version}"
            raise not_found(f"Could not find {which} of model {name}")
        return dict(sorted(found.items(), reverse=True))

    def _labelled(self, name: str, label: str) -> int:
        version = self._models[name].labels.get(label)
        if version is None or version not in self._servables[name]:
            raise invalid(f"Unrecognized servable version label: {label[:200]}")
        return version

    def _watch(self) -> None:
        while not self._stopped.wait(self._poll):
            try:
                self.look()
            except Exception:
                _LOG.exception("looking for new versions failed; what is loaded goes on")

    def _look_at(self, model: ModelSettings) -> None:
        found = _versions(model.base_path)
        if not found:
            _LOG.warning(
                "%s: no versions of %s; what is loaded goes on", model.base_path, model.name
            )
            return
        wanted = model.policy.choose(set(found))
        for version in sorted(wanted):
            if version not in self._servables[model.name]:
                self._load(model.name, version, found[version])
        self._drop(model.name, wanted)

    def _load(self, name: str, version: int, path: Path) -> None:
        content = _content(path)
        if self._failed.get(path) == content:
            return
        self._set(name, version, State("LOADING"))
        try:
            servable = Servable(name, version, path)
            self._loaded(servable)
        except Exception as error:
            self._failed[path] = content
            code = error.code if isinstance(error, ServingError) else "INTERNAL"
            self._set(name, version, State("END", code, str(error)))
            _LOG.error("%s version %d cannot be served: %s", name, version, error)
            return
        self._failed.pop(path, None)
        with self._lock:
            self._servables[name][version] = servable
            self._states[name][version] = State("AVAILABLE")
        _LOG.info("%s version %d is served from %s", name, version, path)

    def _drop(self, name: str, wanted: set[int]) -> None:
        """Unload what is not wanted, unless nothing would be left."""
        with self._lock:
            loaded = self._servables[name]
            if not wanted & loaded.keys():
                return
            gone = [version for version in loaded if version not in wanted]
            for version in gone:
                del loaded[version]
                self._states[name][version] = State("END")
            known = self._states[name]
            # What ended now is still told; what had ended before is forgotten.
            for version in [v for v in known if v not in wanted and v not in gone]:
                if known[version].state == "END":
                    del known[version]
        for version in gone:
            _LOG.info("%s version %d is no longer served", name, version)

    def _set(self, name: str, version: int, state: State) -> None:
        with self._lock:
            self._states[name][version] = state


def _versions(base: Path) -> dict[int, Path]:
    """The version folders of a model: those named by a number."""
    try:
        paths = list(base.iterdir())
    except OSError:
        return {}
    named = (p for p in paths if p.name.isascii() and p.name.isdigit() and len(p.name) <= 19)
    return {int(path.name): path for path in named if path.is_dir()}


def _content(path: Path) -> tuple:
    """Values that change when files of a folder do."""
    try:
        stats = [(p, p.stat()) for p in sorted(path.rglob("*"))]
    except OSError:
        return ()
    return tuple((str(p), s.st_size, s.st_mtime_ns) for p, s in stats)


def _asked(name: str, version: int | None) -> str:
    """A request for a model in TensorFlow Serving's words."""
    return f"Latest({name})" if version is None else f"Specific({name}, {version})"

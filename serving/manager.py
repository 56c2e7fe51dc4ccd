"""Manager of the loaded versions of models, and of their changes."""

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from .errors import ServingError, invalid, not_found
from .process import WorkerOptions
from .servable import Servable
from .settings import ModelSettings

_LOG = logging.getLogger("serving")
_DRAIN = 30.0  # seconds that requests of a version get that is no longer wanted
_INT64 = 2**63 - 1


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


@dataclass(frozen=True)
class LoadRetries:
    """Tries to load a version that could not be loaded, though its files have not changed.

    Args:
        number: Number of further tries.
        seconds: Seconds between two of them.
    """

    number: int = 5
    seconds: float = 60.0


@dataclass(frozen=True)
class _Failure:
    """A version that could not be loaded: its files, further tries, and the last one's time."""

    content: tuple
    tries: int
    when: float


class ModelManager:
    """Loads versions as they appear, and drops those that are no longer wanted.

    A new version is loaded before the old one goes; where none can be loaded, the old one stays.
    Requests in flight keep the version that they began with.

    Args:
        models: Models to serve.
        options: Settings of the worker processes.
        retries: Tries to load a version that failed.
        labels_of_any: Whether a label may name a version that is not available.
    """

    def __init__(
        self,
        models: list[ModelSettings],
        options: WorkerOptions | None = None,
        retries: LoadRetries | None = None,
        labels_of_any: bool = False,
    ) -> None:
        self._models = {model.name: model for model in models}
        self._options = options or WorkerOptions()
        self._retries = retries or LoadRetries()
        self._labels_of_any = labels_of_any
        self._servables: dict[str, dict[int, Servable]] = {name: {} for name in self._models}
        self._states: dict[str, dict[int, State]] = {name: {} for name in self._models}
        self._labels = {model.name: dict(model.labels) for model in models}
        self._failed: dict[Path, _Failure] = {}
        self._looking = asyncio.Lock()
        self._leaving: set[asyncio.Task] = set()

    async def watch(self, seconds: float) -> None:
        """Look for changes for ever, some seconds between two looks."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.look()
            except Exception:
                _LOG.exception("looking for new versions failed; what is loaded goes on")

    async def stop(self) -> None:
        """End all processes at once."""
        for task in self._leaving:
            task.cancel()
        loaded = [one for versions in self._servables.values() for one in versions.values()]
        await asyncio.gather(*(servable.stop() for servable in loaded), return_exceptions=True)

    async def look(self) -> None:
        """Compare each model's folder with what is loaded, and act."""
        async with self._looking:
            await asyncio.gather(*(self._look_at(model) for model in list(self._models.values())))

    async def configure(self, models: list[ModelSettings]) -> None:
        """Serve these models instead; those that stay the same are not touched.

        Raises:
            ServingError: A model has no version that can be served, or a label names one that is
                not available; the rest holds.
        """
        async with self._looking:
            self._models = {model.name: model for model in models}
            for name in list(self._servables):
                if name not in self._models:
                    for version in list(self._servables[name]):
                        self._leave(self._servables[name].pop(version), version)
                    del self._servables[name], self._states[name]
                    self._labels.pop(name, None)
            for name in self._models:
                self._servables.setdefault(name, {})
                self._states.setdefault(name, {})
                self._labels.setdefault(name, {})
        await self.look()
        wrong = [
            f"The model {model.name} has no version in {model.base_path} that can be served."
            for model in models
            if not self._servables[model.name]
        ]
        wrong += [error for model in models for error in self._label(model)]
        if wrong:
            raise ServingError("FAILED_PRECONDITION", " ".join(wrong))

    def _label(self, model: ModelSettings) -> list[str]:
        """Take a model's labels over; what is wrong with those that cannot be."""
        loaded = self._servables[model.name]
        held = self._labels[model.name]
        good = {
            label: version
            for label, version in model.labels.items()
            if version in loaded or self._labels_of_any
        }
        kept = {label: held[label] for label in model.labels if label in held}
        self._labels[model.name] = kept | good
        return [
            f"Request to assign label {label} to version {version} of model {model.name}, which is "
            "not available for inference."
            for label, version in model.labels.items()
            if label not in good
        ]

    def find(self, name: str, version: int | None = None, label: str | None = None) -> Servable:
        """The version that a request means: by default the highest that is available.

        Raises:
            ServingError: No such model, version or label, or none is available yet.
        """
        servables = self._servables.get(name)
        if servables is None:
            raise not_found(f"Servable not found for request: {_asked(name, version)}")
        if label is not None:
            version = self._labelled(name, label)
        if version is None and servables:
            return servables[max(servables)]
        if version in servables:
            return servables[version]
        starting = [s for s in self._states[name].values() if s.state in ("START", "LOADING")]
        if version is None and starting:
            raise ServingError("UNAVAILABLE", f"The model {name} is still being loaded.")
        raise not_found(f"Servable not found for request: {_asked(name, version)}")

    def states(self, name: str, version: int | None = None) -> dict[int, State]:
        """The states of a model's versions, the highest first.

        Raises:
            ServingError: No such model or version.
        """
        found = dict(self._states.get(name, {}))
        for number, servable in self._servables.get(name, {}).items():
            if servable.process is None:
                found[number] = State("LOADING", "OK", "its process is being started again")
        if version is not None:
            found = {version: found[version]} if version in found else {}
        if not found:
            which = "any versions" if version is None else f"version {version}"
            raise not_found(f"Could not find {which} of model {name}")
        return dict(sorted(found.items(), reverse=True))

    def labelled(self, name: str, label: str) -> int:
        """The version of a label.

        Raises:
            ServingError: No such model or label.
        """
        if name not in self._servables:
            raise not_found(f"Could not find any versions of model {name}")
        return self._labelled(name, label)

    def _labelled(self, name: str, label: str) -> int:
        version = self._labels.get(name, {}).get(label)
        if version is None or version not in self._servables[name]:
            raise invalid(f"Unrecognized servable version label: {label[:200]}")
        return version

    async def _look_at(self, model: ModelSettings) -> None:
        found = await asyncio.to_thread(_versions, model.base_path)
        if not found:
            _LOG.warning(
                "%s: no versions of %s; what is loaded goes on", model.base_path, model.name
            )
            return
        wanted = model.policy.choose(set(found))
        for version in sorted(wanted):
            loaded = self._servables[model.name].get(version)
            if loaded is None or loaded.path != found[version]:
                await self._load(model.name, version, found[version])
        self._drop(model.name, wanted)

    async def _load(self, name: str, version: int, path: Path) -> None:
        content = await asyncio.to_thread(_content, path)
        failure = self._failed.get(path)
        if failure is not None and not self._due(failure, content):
            return
        self._states[name][version] = State("LOADING")
        servable = Servable(name, version, path, self._options)
        try:
            await servable.start()
        except (ServingError, OSError) as error:
            same = failure is not None and failure.content == content
            tries = failure.tries + 1 if failure is not None and same else 0
            self._failed[path] = _Failure(content, tries, asyncio.get_running_loop().time())
            code = error.code if isinstance(error, ServingError) else "INTERNAL"
            self._states[name][version] = State("END", code, str(error))
            _LOG.error("%s version %d cannot be served: %s", name, version, error)
            return
        self._failed.pop(path, None)
        replaced = self._servables[name].get(version)
        self._servables[name][version] = servable
        if replaced is not None:  # the model's folder is another one now
            self._leave(replaced, version)
        self._states[name][version] = State("AVAILABLE")
        _LOG.info(
            "%s version %d is served from %s by process %s", name, version, path, servable.process
        )

    def _due(self, failure: _Failure, content: tuple) -> bool:
        """Whether a version that failed is to be tried again."""
        if failure.content != content:
            return True
        waited = asyncio.get_running_loop().time() - failure.when
        return failure.tries < self._retries.number and waited >= self._retries.seconds

    def _drop(self, name: str, wanted: set[int]) -> None:
        """Unload what is not wanted, unless nothing would be left."""
        loaded, known = self._servables[name], self._states[name]
        if not wanted & loaded.keys():
            return
        gone = [version for version in loaded if version not in wanted]
        # What ends now is still told; what had ended before is forgotten.
        for version in [v for v in known if v not in wanted and v not in loaded]:
            if known[version].state == "END":
                del known[version]
        for version in gone:
            known[version] = State("UNLOADING")
            self._leave(loaded.pop(version), version)

    def _leave(self, servable: Servable, version: int) -> None:
        """End a version once its requests are answered."""
        task = asyncio.create_task(self._unload(servable, version))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _unload(self, servable: Servable, version: int) -> None:
        try:
            await servable.stop(_DRAIN)
        finally:
            known = self._states.get(servable.name, {})
            # It may have come back meanwhile, in another process.
            if version in known and version not in self._servables.get(servable.name, {}):
                self._states[servable.name][version] = State("END")
        _LOG.info("%s version %d is no longer served", servable.name, version)


def _versions(base: Path) -> dict[int, Path]:
    """The version folders of a model: those named by a number of 64 bits."""
    try:
        paths = list(base.iterdir())
    except OSError:
        return {}
    named = (p for p in paths if p.name.isascii() and p.name.isdigit() and len(p.name) <= 19)
    return {int(path.name): path for path in named if int(path.name) <= _INT64 and path.is_dir()}


def _content(path: Path) -> tuple:
    """Values that change when files of a folder do, or who may read them."""
    try:
        stats = [(p, p.stat()) for p in [path, *sorted(path.rglob("*"))]]
    except OSError:
        return ()
    return tuple((str(p), s.st_size, s.st_mtime_ns, s.st_mode, s.st_uid) for p, s in stats)


def _asked(name: str, version: int | None) -> str:
    """A request for a model in TensorFlow Serving's words."""
    return f"Latest({name})" if version is None else f"Specific({name}, {version})"

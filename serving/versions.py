"""The versions of one model: loaded as they appear, and dropped when they are not wanted."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from pathlib import Path

from .errors import ServingError, invalid, not_found
from .failures import Failures, LoadRetries, content_of
from .file_thread import Closed, FileThread
from .process import WorkerOptions
from .servable import Servable
from .settings import ModelSettings

_LOG = logging.getLogger("serving")
_DRAIN = 30.0  # seconds that requests of a version get that is no longer wanted
_AGAIN = 1.0  # seconds between two looks whether a version that is being loaded is still wanted
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


class ModelVersions:
    """The versions of one model.

    A new version is loaded before the old one goes; where none can be loaded, the old one stays.
    Versions are loaded one after the other, the lower numbers first. What a model waits for holds
    up no other model: neither its loading nor its file system.

    Args:
        settings: The model.
        options: Settings of the worker processes.
        retries: Tries to load a version that failed.
        labels_of_any: Whether a label may name a version that is not available.
    """

    def __init__(
        self,
        settings: ModelSettings,
        options: WorkerOptions,
        retries: LoadRetries,
        labels_of_any: bool,
    ) -> None:
        self.settings = settings
        self._options, self._labels_of_any = options, labels_of_any
        self._loaded: dict[int, Servable] = {}
        self._states: dict[int, State] = {}
        self._labels = dict(settings.labels)
        self._failures = Failures(retries)
        self._looking = asyncio.Lock()
        self._loading: asyncio.Task | None = None
        self._tasks: set[asyncio.Task] = set()
        self._closed = self._empty = False
        self._missed: set[int] = set()  # loaded versions whose folder was not there at a look
        self._files = FileThread()

    @property
    def served(self) -> bool:
        """Whether there is a version that can be asked."""
        return bool(self._loaded)

    @property
    def loading(self) -> bool:
        """Whether a version is being loaded."""
        return self._loading is not None

    def find(self, version: int | None = None, label: str | None = None) -> Servable:
        """The version that a request means: by default the highest that is available.

        Raises:
            ServingError: No such version or label, or none is available yet.
        """
        if label is not None:
            version = self.labelled(label)
        if version is None and self._loaded:
            return self._loaded[max(self._loaded)]
        if version in self._loaded:
            return self._loaded[version]
        starting = any(held.state in ("START", "LOADING") for held in self._states.values())
        if version is None and starting:
            raise ServingError(
                "UNAVAILABLE", f"The model {self.settings.name} is still being loaded."
            )
        raise unknown(self.settings.name, version)

    def labelled(self, label: str) -> int:
        """The version of a label.

        Raises:
            ServingError: No such label.
        """
        version = self._labels.get(label)
        if version is None or version not in self._loaded:
            raise invalid(f"Unrecognized servable version label: {label[:200]}")
        return version

    def states(self) -> dict[int, State]:
        """The states of the versions, the highest first."""
        restarted = State("LOADING", "OK", "its process is being started again")
        again = {n: restarted for n, held in self._loaded.items() if held.process is None}
        return dict(sorted((self._states | again).items(), reverse=True))

    def change(self, settings: ModelSettings) -> bool:
        """Take other settings of the same model over, from the next look on.

        Returns:
            Whether they choose other versions; what is being loaded is given up then.
        """
        before, self.settings = self.settings, settings
        if _chosen(before) == _chosen(settings):
            return False
        if self._loading is not None:
            self._loading.cancel()
        return True

    def label(self) -> list[str]:
        """Take the labels of the settings over; what is wrong with those that cannot be."""
        wanted = self.settings.labels
        good = {
            label: version
            for label, version in wanted.items()
            if version in self._loaded or self._labels_of_any
        }
        kept = {label: self._labels[label] for label in wanted if label in self._labels}
        self._labels = kept | good
        return [
            f"Request to assign label {label} to version {version} of model {self.settings.name}, "
            "which is not available for inference."
            for label, version in wanted.items()
            if label not in good
        ]

    def look_soon(self) -> None:
        """Begin a look, unless one is at work."""
        if not self._looking.locked():
            self._keep(asyncio.create_task(self._look_safely()))

    async def look(self) -> None:
        """Compare the folder with what is loaded, and act, until all that is wanted is loaded."""
        async with self._looking:
            with contextlib.suppress(Closed):
                await self._compare()

    async def _compare(self) -> None:
        chosen = _chosen(self.settings)
        found = await self._wanted()
        if not found and not self._empty:
            _LOG.warning(
                "%s: no versions of %s; what is loaded goes on",
                self.settings.base_path,
                self.settings.name,
            )
        self._empty = not found
        for version, path in sorted(found.items()):
            loaded = self._loaded.get(version)
            if loaded is None or loaded.path != path or version in self._missed:
                await self._load_while_wanted(version, path)
            if self._closed or _chosen(self.settings) != chosen:
                return  # what was found is wanted no more
        if found:
            self._drop(set(found))

    def give_up(self) -> None:
        """Load nothing from now on; what is loaded goes on."""
        self._closed = True
        self._files.close()
        if self._loading is not None:
            self._loading.cancel()

    async def close(self, seconds: float = 0.0) -> None:
        """End all versions.

        Args:
            seconds: Seconds that their requests get.
        """
        self.give_up()
        ends = [asyncio.create_task(held.stop(seconds)) for held in self._loaded.values()]
        if self._loading is not None:
            ends.append(self._loading)
        if not seconds:
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)

    async def _wanted(self) -> dict[int, Path]:
        """The folders of the versions that are to be served, by number; none if none is found."""
        settings = self.settings
        try:
            found = await self._files.run(_versions, settings.base_path)
        except OSError:  # not readable for now
            return {}
        self._missed |= self._loaded.keys() - found.keys()
        return {version: found[version] for version in settings.policy.choose(set(found))}

    async def _look_safely(self) -> None:
        try:
            await self.look()
        except Exception:
            _LOG.exception("looking for new versions failed; what is loaded goes on")

    async def _load_while_wanted(self, version: int, path: Path) -> None:
        """Load a version, and give it up when another one takes its place meanwhile."""
        task = self._loading = asyncio.create_task(self._load(version, path))
        try:
            while not (await asyncio.wait({task}, timeout=_AGAIN))[0]:
                wanted = await self._wanted()
                if wanted and wanted.get(version) != path:
                    task.cancel()
        finally:
            task.cancel()
            await asyncio.wait({task})
            self._loading = None
        if not task.cancelled():
            task.result()

    async def _load(self, version: int, path: Path) -> None:
        name = self.settings.name
        content = await self._files.run(content_of, path)
        if not self._failures.due(path, content):
            return
        self._states[version] = State("LOADING")
        servable = Servable(name, version, path, self._options)
        try:
            await servable.start()
        except (ServingError, OSError) as error:
            self._failures.add(path, content)
            code = error.code if isinstance(error, ServingError) else "INTERNAL"
            self._states[version] = State("END", code, str(error))
            _LOG.error("%s version %d cannot be served: %s", name, version, error)
            return
        except asyncio.CancelledError:
            self._states[version] = State("END", "CANCELLED", "no longer wanted")
            _LOG.info("%s version %d is no longer wanted, and not loaded", name, version)
            raise
        self._failures.forget(path)
        replaced = self._loaded.get(version)
        self._loaded[version] = servable
        self._missed.discard(version)
        if replaced is not None:  # the model's folder is another one now, or the version's is back
            self._leave(replaced)
        self._states[version] = State("AVAILABLE")
        _LOG.info(
            "%s version %d is served from %s by process %s", name, version, path, servable.process
        )

    def _drop(self, wanted: set[int]) -> None:
        """Unload what is not wanted, unless nothing would be left."""
        if not wanted & self._loaded.keys():
            return
        # What ends now is still told; what had ended before is forgotten.
        for version in [v for v in self._states if v not in wanted and v not in self._loaded]:
            if self._states[version].state == "END":
                del self._states[version]
        for version in [v for v in self._loaded if v not in wanted]:
            self._missed.discard(version)
            self._states[version] = State("UNLOADING")
            self._leave(self._loaded.pop(version))

    def _leave(self, servable: Servable) -> None:
        """End a version once its requests are answered."""
        self._keep(asyncio.create_task(self._unload(servable)))

    async def _unload(self, servable: Servable) -> None:
        try:
            await servable.stop(_DRAIN)
        finally:
            # It may have come back meanwhile, in another process.
            if self._states.get(servable.version) == State("UNLOADING"):
                self._states[servable.version] = State("END")
        _LOG.info("%s version %d is no longer served", servable.name, servable.version)

    def _keep(self, task: asyncio.Task) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def unknown(name: str, version: int | None) -> ServingError:
    """The error of a model or a version that is not served, in TensorFlow Serving's words."""
    asked = f"Latest({name})" if version is None else f"Specific({name}, {version})"
    return not_found(f"Servable not found for request: {asked}")


def _chosen(settings: ModelSettings) -> tuple:
    return settings.base_path, settings.policy


def _versions(base: Path) -> dict[int, Path]:
    """The version folders of a model: those named by a number of 64 bits."""
    named = (
        p for p in base.iterdir() if p.name.isascii() and p.name.isdigit() and len(p.name) <= 19
    )
    return {int(path.name): path for path in named if int(path.name) <= _INT64 and path.is_dir()}

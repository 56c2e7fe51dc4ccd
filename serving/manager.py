"""Manager of the models that are served, and of their changes."""

import asyncio

from .errors import ServingError, not_found
from .failures import LoadRetries
from .process import WorkerOptions
from .servable import Servable
from .settings import ModelSettings
from .versions import ModelVersions, State, unknown

_DRAIN = 30.0  # seconds that requests of a model get that is no longer served


class ModelManager:
    """Models by name. Each looks after its own versions, and waits for no other.

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
        self._shared = options or WorkerOptions(), retries or LoadRetries(), labels_of_any
        self._models = {model.name: ModelVersions(model, *self._shared) for model in models}
        self._closing: set[asyncio.Task] = set()

    async def look(self) -> None:
        """Compare each model's folder with what is loaded, and act."""
        await asyncio.gather(*(versions.look() for versions in self._models.values()))

    async def watch(self, seconds: float) -> None:
        """Look for changes for ever, some seconds between two looks at a model."""
        while True:
            await asyncio.sleep(seconds)
            for versions in self._models.values():
                versions.look_soon()

    def give_up(self) -> None:
        """Load nothing from now on: the server ends."""
        for versions in self._models.values():
            versions.give_up()

    async def stop(self) -> None:
        """End all processes at once, also those that are being started."""
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*(versions.close() for versions in self._models.values()))

    async def configure(self, models: list[ModelSettings]) -> None:
        """Serve these models instead; those that stay the same are not touched.

        It waits for the versions of models that are new or changed.

        Raises:
            ServingError: A model has no version that can be served, or a label names one that is
                not available, and the rest holds; or another configuration has come meanwhile.
        """
        before, self._models = self._models, {}
        for model in models:
            versions = before.get(model.name) or ModelVersions(model, *self._shared)
            self._models[model.name] = versions
        for name in before.keys() - self._models.keys():
            task = asyncio.create_task(before[name].close(_DRAIN))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        mine = self._models
        wrong = await asyncio.gather(
            *(self._change(mine[model.name], model, model.name not in before) for model in models)
        )
        if self._models is not mine:
            raise ServingError("ABORTED", "Another configuration has come meanwhile.")
        told = [line for lines in wrong for line in lines]
        if told:
            raise ServingError("FAILED_PRECONDITION", " ".join(told))

    async def _change(
        self, versions: ModelVersions, settings: ModelSettings, new: bool
    ) -> list[str]:
        """Let a model have settings, and load what they choose; what is wrong with them."""
        if versions.change(settings) or new:
            await versions.look()
        lacking = not versions.served and not versions.loading
        wrong = [
            f"The model {settings.name} has no version in {settings.base_path} that can be served."
        ] * lacking
        return wrong + versions.label()

    def find(self, name: str, version: int | None = None, label: str | None = None) -> Servable:
        """The version that a request means: by default the highest that is available.

        Raises:
            ServingError: No such model, version or label, or none is available yet.
        """
        if name not in self._models:
            raise unknown(name, version)
        return self._models[name].find(version, label)

    def states(self, name: str, version: int | None = None) -> dict[int, State]:
        """The states of a model's versions, the highest first.

        Raises:
            ServingError: No such model or version.
        """
        found = self._models[name].states() if name in self._models else {}
        if version is not None:
            found = {version: found[version]} if version in found else {}
        if not found:
            which = "any versions" if version is None else f"version {version}"
            raise not_found(f"Could not find {which} of model {name}")
        return found

    def labelled(self, name: str, label: str) -> int:
        """The version of a label.

        Raises:
            ServingError: No such model or label.
        """
        if name not in self._models:
            raise not_found(f"Could not find any versions of model {name}")
        return self._models[name].labelled(label)

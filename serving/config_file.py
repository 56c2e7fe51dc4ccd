"""The file of models, read again and again while the server runs."""

import asyncio
import logging
from pathlib import Path

from .errors import ServingError
from .file_thread import FileThread
from .manager import ModelManager
from .settings import ModelSettings, models_of

_LOG = logging.getLogger("serving")


class ConfigFile:
    """Takes over what a file of models says, when it says something else.

    Args:
        manager: Manager of the models.
        path: File of models, a text proto `ModelServerConfig`.
    """

    def __init__(self, manager: ModelManager, path: Path) -> None:
        self._manager, self._path = manager, path
        self._files = FileThread()
        self._asked: list[ModelSettings] = []
        self._applied: list[ModelSettings] = []
        self._applying: asyncio.Task | None = None
        self._told = ""  # what is wrong is said once

    async def watch(self, seconds: float) -> None:
        """Read the file for ever, some seconds between two times."""
        while True:
            await asyncio.sleep(seconds)
            try:
                found = await self._files.run(models_of, self._path)
            except ServingError as error:
                self._tell(error)
                continue
            except Exception:
                _LOG.exception("reading %s failed; what is loaded goes on", self._path)
                continue
            # A model that is slow to load does not hold up the next change of the file.
            idle = self._applying is None or self._applying.done()
            if found != self._applied if idle else found != self._asked:
                self._asked = found
                self._applying = asyncio.create_task(self._apply(found))

    async def _apply(self, models: list[ModelSettings]) -> None:
        try:
            await self._manager.configure(models)
            self._applied, self._told = models, ""
        except ServingError as error:
            if models is self._asked:
                self._tell(error)
        except Exception:
            _LOG.exception("taking %s over failed; what is loaded goes on", self._path)

    def _tell(self, error: ServingError) -> None:
        if error.message != self._told:
            _LOG.error("%s", error.message)
        self._told = error.message

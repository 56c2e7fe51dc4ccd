"""`--import`: your own components and presets, for every command."""

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from keras_t2i.pipelines.errors import InputError

OPTION = "--import"


def without_imports(words: Sequence[str]) -> list[str]:
    """A command line without its `--import`s, which are imported.

    Raises:
        InputError: An `--import` of nothing, or what cannot be imported.
    """
    left, rest = [], iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if name != OPTION:
            left.append(word)
            continue
        wanted = value if equals else next(rest, "")
        if not wanted:
            raise InputError(f"{OPTION} takes a file (mine.py) or a module (package.mine).")
        import_components(wanted)
    return left


def import_components(name: str) -> None:
    """Import a file or a module, which registers components and presets.

    Args:
        name: A file that ends in .py, or a module that Python finds from here.

    Raises:
        InputError: No such file or module, or an error in it.
    """
    try:
        if name.endswith(".py"):
            _import_file(Path(name))
        else:
            sys.path.insert(0, str(Path.cwd()))
            importlib.import_module(name)
    except FileNotFoundError as error:
        raise InputError(f"{OPTION} {name}: no such file.") from error
    except Exception as error:
        raise InputError(f"{OPTION} {name}: {type(error).__name__}: {error}.") from error


def _import_file(file: Path) -> None:
    """Import a file under the name that it would have as a module beside its neighbours."""
    if not file.is_file():
        raise FileNotFoundError(file)
    held = sys.modules.get(file.stem)
    if held is not None:
        origin = getattr(held, "__file__", None)
        if origin and Path(origin).resolve() == file.resolve():
            return
        raise ImportError(
            f"a module called {file.stem!r} is imported already; give the file another name"
        )
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError("it cannot be read as a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    sys.path.insert(0, str(file.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[file.stem]
        raise

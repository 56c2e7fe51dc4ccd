"""Whether a command's parser accepts its words, without the command's work."""

import argparse
import contextlib
import importlib
import importlib.util
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import tyro

from keras_t2i.catalogue import DEFAULT, PRESETS
from keras_t2i.commands import fit as fit_command
from keras_t2i.components import registry
from keras_t2i.hub import named
from keras_t2i.metrics.protocols import registry as protocols
from keras_t2i.pipelines.errors import InputError
from tests.documents.blocks import ROOT, Block
from tests.documents.commands import OURS, Call, call_of, commands, exists


class _Parsed(BaseException):
    """The parser took the words; nothing else is to be done."""


def faults(page: Sequence[Block], folder: Path) -> list[str]:
    """What is wrong with the commands of a page's bash blocks, run or not.

    Args:
        page: All blocks of the page.
        folder: An empty folder, for the files that the page's reader saves.
    """
    found = []
    with own_components(), contextlib.chdir(folder):
        save_files(page, folder)
        runs: dict[str, str] = {}
        for block in page:
            if block.language != "bash":
                continue
            for command in (each for line in commands(block) for each in line):
                try:
                    words = command.words
                except ValueError as error:
                    found.append(f"{block.page}:{command.line}: {error}: {command.text}")
                    continue
                call = call_of(words)
                if call is None:
                    continue
                fault = _fault(call, _arguments(words[call.first :]), runs)
                if fault:
                    found.append(f"{block.page}:{command.line}: {command.text}\n    {fault}")
    return found


def save_files(page: Sequence[Block], folder: Path) -> None:
    """Write the files that a page's reader saves."""
    for block in page:
        if block.file is not None:
            place = folder / block.file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text, "utf-8")


@contextlib.contextmanager
def own_components() -> Iterator[None]:
    """Whatever pages register and import is forgotten at the end."""
    with (
        mock.patch.dict(PRESETS),
        mock.patch.dict(protocols._PROTOCOLS),
        mock.patch.object(sys, "path", list(sys.path)),
    ):
        before, known = set(sys.modules), set(registry._BY_NAME)
        try:
            yield
        finally:
            for name in set(registry._BY_NAME) - known:
                if not registry._BY_NAME[name].__module__.startswith("keras_t2i."):
                    del registry._BY_NAME[name]
            for name in set(sys.modules) - before:
                origin = getattr(sys.modules[name], "__file__", None)
                inside = (str(ROOT), sys.prefix, sys.base_prefix)
                if origin and not origin.startswith(inside):
                    del sys.modules[name]


def main_of(call: Call, folder: Path | None = None) -> Callable[[], Any]:
    """The `main` of a program of this project, under its module's own name.

    Args:
        call: The program.
        folder: Folder in which a file of the page's reader lies.
    """
    if call.script is not None:
        return _main_of_file(call.script, folder or Path())
    module = call.module or ""
    short = module.removeprefix("keras_t2i.")
    if module.startswith("keras_t2i.") and (ROOT / "keras_t2i/commands" / f"{short}.py").exists():
        module = f"keras_t2i.commands.{short}"
    elif (ROOT / Path(*module.split("."), "__main__.py")).exists():
        module = f"{module}.__main__"
    return importlib.import_module(module).main


def _main_of_file(script: str, folder: Path) -> Callable[[], Any]:
    file = next(each for each in (folder / script, ROOT / script) if each.exists())
    name = f"page_script_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module.main


def _arguments(words: Sequence[str]) -> list[str]:
    """The words without redirections."""
    left, rest = [], iter(words)
    for word in rest:
        if word in (">", ">>", "2>", "<"):
            next(rest, None)
        elif not word.startswith((">", "2>")):
            left.append(word)
    return left


def _fault(call: Call, arguments: list[str], runs: dict[str, str]) -> str:
    """What is wrong with a call; empty where nothing is."""
    if call.script is not None:
        if not any((place / call.script).exists() for place in (Path(), ROOT)):
            return f"no such file: {call.script}"
        if not (ROOT / call.script).exists():
            return ""  # of the page's reader: it has no options that are known here
    elif not exists(call.name):
        return f"no such module: {call.name}"
    if call.module == "keras_t2i.fit":
        return _fault_of_fit(arguments, runs)
    return _refusal(lambda: main_of(call)(), call.name, arguments)


def _fault_of_fit(arguments: list[str], runs: dict[str, str]) -> str:
    """As `_fault`; where `fit` starts from a run of the page, the run's preset stands for it."""
    words, imported = [], []
    rest = iter(arguments)
    for word in rest:
        if word == "--import":
            imported.append(next(rest, ""))
        else:
            words.append(word)
    chooses = bool(words) and not words[0].startswith("-")
    chosen = words[0] if chooses else DEFAULT
    for name in imported:
        place = next((p for p in (Path(name), ROOT / name) if p.exists()), None)
        if place is None:
            return f"no such file: {name}; a block with `<!-- file: {name} -->` gives it"
        from keras_t2i.commands.imports import import_components

        try:
            import_components(str(place))
        except InputError as error:
            return str(error)
    known = runs.get(chosen, chosen)
    candidates = [known] if known in PRESETS or known in named.names() else list(PRESETS)
    if len(candidates) > 1 and not chosen.startswith(("runs/", "hf://", "models/")):
        return f"no preset or model is called {chosen!r}"
    run = _value(words, "--run") or f"runs/{chosen}"
    runs[run] = known
    told = ""
    for candidate in candidates:
        tried = [candidate, *(words[1:] if chooses else words)]
        told = _refusal(fit_command.main, "keras_t2i.fit", tried)
        if not told:
            return ""
    return told


def _value(words: Sequence[str], option: str) -> str | None:
    for place, word in enumerate(words):
        if word == option and place + 1 < len(words):
            return words[place + 1]
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return None


def _refusal(main: Callable[[], Any], name: str, arguments: Sequence[str]) -> str:
    """What a command's parser says against its words; empty where it takes them."""
    told = io.StringIO()
    try:
        with (
            _only_parsing(),
            mock.patch.object(sys, "argv", [name, *arguments]),
            contextlib.redirect_stderr(told),
            contextlib.redirect_stdout(told),
        ):
            main()
    except _Parsed:
        return ""
    except SystemExit as end:
        return "" if end.code in (0, None) else _short(told.getvalue())
    except InputError as error:
        return str(error)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] in OURS:
            raise
        return ""  # a benchmark beside another framework, which is not installed
    return "" if not arguments else f"{name} has no options"


def _short(told: str) -> str:
    lines = [line.strip(" │╭╮╰╯─") for line in told.splitlines()]
    return " ".join(line for line in lines if line)[:400]


@contextlib.contextmanager
def _only_parsing() -> Iterator[None]:
    """End a command as soon as its words are parsed."""
    parse_line, parse_args = tyro.cli, argparse.ArgumentParser.parse_args
    parse_intermixed = argparse.ArgumentParser.parse_intermixed_args
    within = []

    def cli(*args: Any, **kwargs: Any) -> Any:
        within.append(True)
        parse_line(*args, **kwargs)
        raise _Parsed

    def parsed(self: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> Any:
        held = parse_args(self, *args, **kwargs)
        if within:
            return held
        raise _Parsed

    def intermixed(self: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> Any:
        parse_intermixed(self, *args, **kwargs)
        raise _Parsed

    with (
        mock.patch.object(tyro, "cli", cli),
        mock.patch.object(argparse.ArgumentParser, "parse_args", parsed),
        mock.patch.object(argparse.ArgumentParser, "parse_intermixed_args", intermixed),
    ):
        yield

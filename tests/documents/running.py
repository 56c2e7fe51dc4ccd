"""A page's blocks, run in order in one folder."""

import contextlib
import io
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image

from keras_t2i.pipelines.command import run as run_command
from tests.documents.blocks import ROOT, Block
from tests.documents.commands import Call, Command, call_of, commands, environment
from tests.documents.parsing import main_of, own_components, save_files
from tests.documents.shrinking import everything_small

_SERVERS = {"keras_t2i.serving", "keras_t2i.serving.studio"}
_PORTS = {
    "keras_t2i.serving": ("--rest_api_port", "--port"),
    "keras_t2i.serving.studio": ("--port",),
}
_PICTURES = ("red", "blue", "green", "yellow")
_COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200), "green": (30, 160, 30),
            "yellow": (220, 200, 40)}  # fmt: skip


class PageError(AssertionError):
    """A block of a page does not do what it says."""


def write_my_pictures(folder: Path) -> None:
    """Twelve small pictures with a caption beside each, as a reader may have them."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(12):
        name = _PICTURES[i % len(_PICTURES)]
        image = np.array(_COLOURS[name]) + rng.normal(0, 12, (80, 96, 3))
        Image.fromarray(np.clip(image, 0, 255).astype("uint8")).save(folder / f"{name}-{i}.png")
        texts = f"a {name} picture\nall of this picture is {name}\n"
        (folder / f"{name}-{i}.txt").write_text(texts)


class PageRun:
    """A page whose blocks are run; it stops its servers when it is closed.

    Args:
        page: All blocks of the page.
        folder: An empty folder.
    """

    def __init__(self, page: Sequence[Block], folder: Path) -> None:
        self._page, self._folder = page, folder
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._ports: dict[str, int] = {}
        self._servers: list[subprocess.Popen[bytes]] = []

    def run(self) -> None:
        """Run the page.

        Raises:
            PageError: With the page's line.
        """
        write_my_pictures(self._folder / "my-pictures")
        cache = str(self._folder.parent / "cache")
        with (
            own_components(),
            everything_small(),
            contextlib.chdir(self._folder),
            mock.patch.dict(os.environ, {"KERAS_T2I_CACHE": cache}),
            contextlib.ExitStack() as end,
        ):
            end.callback(self._stop)
            sys.path.insert(0, str(self._folder))
            for block in self._page:
                if block.file is not None:
                    save_files([block], self._folder)
                elif block.runs:
                    began = time.monotonic()
                    self._run_block(block)
                    print(f"{block}: {time.monotonic() - began:.1f} s", file=sys.__stderr__)

    def _run_block(self, block: Block) -> None:
        if block.language == "python":
            self._run_python(block)
            return
        for line in commands(block):
            self._run_line(block, line)

    def _run_python(self, block: Block) -> None:
        # The text begins where it stands in the page, so that tracebacks name its lines.
        text = "\n" * block.line + self._with_ports(block.text)
        try:
            exec(compile(text, str(block.page), "exec"), self._names)
        except BaseException as error:
            lines = traceback.extract_tb(error.__traceback__)
            own = [at.lineno for at in lines if at.filename == str(block.page)]
            where = f"{block.page}:{own[-1] if own else block.line}"
            raise PageError(f"{where}: {type(error).__name__}: {error}") from error

    def _run_line(self, block: Block, line: Sequence[Command]) -> None:
        """Commands joined by `&&`, `;` and pipes; those of this project in this process."""
        place = 0
        while place < len(line):
            end = place
            while line[end].end == "|" and end + 1 < len(line):
                end += 1
            status = self._pipe(block, line[place : end + 1])
            if status and line[end].end != "||":
                raise PageError(f"{block.page}:{line[place].line}: ended with {status}.")
            place = end + 1
            if not status and line[end].end == "||":
                place += 1

    def _pipe(self, block: Block, pipe: Sequence[Command]) -> int:
        first, text = pipe[0], self._with_ports(pipe[0].text)
        call = call_of(shlex.split(text)) if "<<" not in text else None
        if any(call_of(each.words) for each in pipe[1:] if "<<" not in each.text):
            where = f"{block.page}:{pipe[1].line}"
            raise PageError(f"{where}: a program of this project must be the first of a pipe.")
        rest = " | ".join(self._with_ports(each.text) for each in pipe[1:])
        if call is None:
            whole = " | ".join(filter(None, (text, rest)))
            return self._bash(whole)
        words, target = self._expanded(text)
        if call.module in _SERVERS:
            self._serve(block, first, call, words[call.first :])
            return 0
        if call.script is not None and not (ROOT / call.script).exists():
            return self._bash(text)
        output = io.StringIO() if rest or target else None
        status = self._here(block, first, call, words[call.first :], output)
        if target and output:
            Path(target).write_text(output.getvalue(), "utf-8")
        if rest and not status and output:
            return self._bash(rest, output.getvalue())
        return status

    def _here(
        self,
        block: Block,
        command: Command,
        call: Call,
        words: Sequence[str],
        output: io.StringIO | None,
    ) -> int:
        """Run a program of this project in this process; its exit code."""
        settings = dict(each.split("=", 1) for each in call.settings)
        told = io.StringIO()
        with (
            mock.patch.object(sys, "argv", [call.name, *words]),
            mock.patch.dict(os.environ, settings),
            contextlib.redirect_stdout(output or sys.stdout),
            contextlib.redirect_stderr(told),
        ):
            try:
                run_command(main_of(call, self._folder))
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
                if code:
                    last = told.getvalue()[-600:]
                    raise PageError(f"{block.page}:{command.line}: {last}") from end
            except Exception as error:
                where = f"{block.page}:{command.line}"
                raise PageError(f"{where}: {type(error).__name__}: {error}") from error
        return 0

    def _bash(self, text: str, given: str | None = None) -> int:
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail\n{text}"],
            cwd=self._folder, env=environment(), input=given, text=True, check=False,
            capture_output=True, timeout=300,
        )  # fmt: skip
        print(done.stdout[-4000:])
        print(done.stderr[-4000:], file=sys.stderr)
        return done.returncode

    def _expanded(self, text: str) -> tuple[list[str], str]:
        """The words as bash expands them, and the file that the output goes to."""
        target = ""
        if redirected := re.search(r"\s>{1,2}\s*([^\s&]+)\s*$", text):
            target, text = redirected[1], text[: redirected.start()]
        shown = subprocess.run(
            ["bash", "-c", f"printf '%s\\0' {text}"],
            cwd=self._folder, env=environment(), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return shown.stdout.split("\0")[:-1], target

    def _serve(self, block: Block, command: Command, call: Call, words: list[str]) -> None:
        """Start a server in the background, at free ports, and wait until it answers."""
        words = [part for word in words for part in _option(word)]
        options = _PORTS[call.name]
        for option in options:
            wanted = words[words.index(option) + 1] if option in words else ""
            free = self._ports.get(wanted) or _free_port()
            if wanted:
                self._ports[wanted] = free
                words[words.index(option) + 1] = str(free)
            else:
                words += [option, str(free)]
        port = words[words.index(options[0]) + 1]
        log = (self._folder.parent / f"server-{port}.log").open("w+b")
        process = subprocess.Popen(
            [sys.executable, "-m", call.name, *words],
            cwd=self._folder, env=environment(), stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._servers.append(process)
        model = words[words.index("--model_name") + 1] if "--model_name" in words else ""
        path = f"/v1/models/{model}" if model else "/"
        if not _answers(process, f"http://127.0.0.1:{port}{path}", any_status=not model):
            log.seek(0)
            last = log.read()[-600:].decode(errors="replace")
            raise PageError(f"{block.page}:{command.line}: the server does not answer: {last}")

    def _with_ports(self, text: str) -> str:
        """The text with each port that a server of the page was to have replaced by its own."""
        for wanted, port in self._ports.items():
            text = re.sub(rf"(?<=[:=])\b{wanted}\b", str(port), text)
        return text

    def _stop(self) -> None:
        for process in self._servers:
            process.terminate()
        for process in self._servers:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _option(word: str) -> list[str]:
    """`--name=value` as two words."""
    name, equals, value = word.partition("=")
    return [name, value] if equals and word.startswith("--") else [word]


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def _answers(
    process: "subprocess.Popen[bytes]", url: str, any_status: bool, seconds: float = 120
) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                if any_status or b'"AVAILABLE"' in answer.read():
                    return True
        except urllib.error.HTTPError:
            if any_status:
                return True
        except OSError:
            pass
        time.sleep(0.3)
    return False

"""Every code block of the documents: its commands and options, its Python, its reason."""

import shutil
from pathlib import Path

import pytest

from tests.documents.blocks import ROOT, Block, _read, blocks_of, pages
from tests.documents.commands import commands
from tests.documents.parsing import faults
from tests.documents.running import PageError, PageRun

_LANGUAGES = {"bash", "python", "text", "json", "yaml", "html", "toml", "csv", "dockerfile",
              "bibtex", "mermaid", "proto"}  # fmt: skip
_WEIGHTS = ("squeezenet_v1_0.npz", "mobilenet_v2_1.0_224_quant.tflite")
_PAGES = [pytest.param(page, id=str(page)) for page in pages()]


@pytest.mark.parametrize("page", _PAGES)
def test_the_commands_of_a_page_have_the_options_that_it_names(page, tmp_path):
    assert "\n".join(faults(blocks_of(page), tmp_path)) == ""


@pytest.mark.parametrize("page", _PAGES)
def test_the_python_of_a_page_compiles(page):
    for block in blocks_of(page):
        if block.language == "python":
            compile("\n" * block.line + block.text, str(page), "exec")


@pytest.mark.parametrize("page", _PAGES)
def test_every_block_has_a_language_and_every_omission_a_reason(page):
    found = blocks_of(page)
    assert [str(b) for b in found if b.language not in _LANGUAGES] == []
    assert [str(b) for b in found if b.not_run is not None and len(b.not_run) < 5] == []


def test_files_that_pages_show_are_those_of_the_examples():
    shown = {b.file: b for page in pages() for b in blocks_of(page) if b.file is not None}
    for file in sorted((ROOT / "docs/examples").glob("*.py")):
        assert file.name in shown, f"no page shows {file.name}"
        assert shown[file.name].text == file.read_text("utf-8"), f"{shown[file.name]}"


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in _PAGES if any(b.runs for b in blocks_of(p.values[0]))])
def test_the_blocks_of_a_page_run(page, tmp_path, request):
    found = blocks_of(page)
    folder = tmp_path / "page"
    folder.mkdir()
    for name in _WEIGHTS:
        if any(name in b.text for b in found if b.runs):
            source = request.getfixturevalue("shared") / "weights" / name
            if not source.exists():
                pytest.skip(f"{page} needs {name}")
            shutil.copy(source, folder / name)
    PageRun(found, folder).run()


def _lines(text):
    block = Block(ROOT / "page.md", 10, "bash", text)
    return [[(c.line, c.text, c.end) for c in line] for line in commands(block)]


def test_commands_are_read_as_the_shell_reads_them():
    text = (
        "# a comment\n"
        "python -m keras_t2i.fit a \\\n    --seed 1   # and why\n"
        "ls 'a # b' && cat x | head -2; echo \"it's\"\n"
        "curl -d '{\"a\":\n 1}' localhost:1 &\n"
        "cat > a.txt <<'EOF'\nb 'c\nEOF\n"
        "echo end\n"
    )
    assert _lines(text) == [
        [(12, "python -m keras_t2i.fit a      --seed 1", "")],
        [
            (14, "ls 'a # b'", "&&"),
            (14, "cat x", "|"),
            (14, "head -2", ";"),
            (14, 'echo "it\'s"', ""),
        ],
        [(15, "curl -d '{\"a\":\n 1}' localhost:1", "&")],
        [(17, "cat > a.txt <<'EOF'\nb 'c\nEOF", "")],
        [(20, "echo end", "")],
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("python -m keras_t2i.fit dcgan-demo --gan.widht 3", "widht"),
        ("python -m keras_t2i.fit dgcan --seed 3", "no preset or model"),
        ("python -m keras_t2i.trian dcgan", "no such module"),
        ("python -m pipelines.prepare birdz --out data", "birdz"),
        ("python -m serving --rest_port=1", "rest_port"),
        ("keras-t2i fit dcgan --sed 1", "sed"),
        ("python benchmarks/none.py", "no such file"),
        ("X=1 nice python -m keras_t2i.export runs/x", "out"),
        ("python -m keras_t2i.fit mine --import mine.py", "no such file"),
    ],
)
def test_a_command_that_does_not_exist_is_found(line, message, tmp_path):
    (found,) = faults([Block(ROOT / "page.md", 1, "bash", line + "\n")], tmp_path)
    assert message in found


@pytest.mark.parametrize(
    "line",
    [
        "python -m keras_t2i.fit dcgan-demo --gan.batch-size 3 --run runs/a",
        ".venv/bin/python -m keras_t2i.generate runs/a --arithmetic 1 - 2 + 3 --out a.png > log",
        "python -m pipelines.prepare birds --out data --pictures 30 && ls data | wc -l",
        "python -m serving --rest_api_port=8501 --model_name=a --model_base_path=$PWD/a &",
        "pip install nothing && docker run x",
    ],
)
def test_a_command_that_exists_is_no_fault(line, tmp_path):
    assert faults([Block(ROOT / "page.md", 1, "bash", line + "\n")], tmp_path) == []


_PAGE = """
# A page

<!-- file: twice.py -->
```python
def twice(x):
    return 2 * x
```

- in a list:

    ```bash
    ls my-pictures | wc -l > count.txt
    cat > lines.txt <<'END'
    it's a line
    END
    false || echo "$PWD" > here.txt
    ```

```python
from twice import twice

four = twice(2)
```

<!-- not run: it would fail -->
```python
four = 5
```

```python
from pathlib import Path

Path("four.txt").write_text(f"{four} {Path('count.txt').read_text()}")
```
"""


def test_a_page_is_run_from_its_first_block_to_its_last(tmp_path):
    (tmp_path / "page").mkdir()
    found = list(_read(Path("page.md"), _PAGE.split("\n")))
    assert [b.fate.split(":")[0] for b in found] == [
        "saved as twice.py", "run", "run", "not run", "run",
    ]  # fmt: skip
    PageRun(found, tmp_path / "page").run()
    assert (tmp_path / "page/four.txt").read_text().split() == ["4", "24"]
    assert (tmp_path / "page/lines.txt").read_text() == "it's a line\n"
    assert (tmp_path / "page/here.txt").read_text().strip() == str(tmp_path / "page")


@pytest.mark.parametrize(
    ("language", "text", "message"),
    [
        ("python", "x = 1\ny = x / 0\n", r"page.md:12: ZeroDivisionError"),
        ("bash", "true\nls nowhere\n", r"page.md:12: ended with 2"),
        ("bash", "python -m keras_t2i.generate nowhere x --out a.png\n", r"page.md:11: error: "),
    ],
)
def test_a_block_that_fails_is_named_with_its_line(language, text, message, tmp_path):
    (tmp_path / "page").mkdir()
    with pytest.raises(PageError, match=message):
        PageRun([Block(Path("page.md"), 10, language, text)], tmp_path / "page").run()

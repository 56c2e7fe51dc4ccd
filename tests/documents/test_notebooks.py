"""The notebooks of `docs/notebooks/` are well formed, and run from the first cell to the last."""

import ast
import base64
import io
import re
import textwrap
from pathlib import Path

import nbformat
import numpy as np
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from PIL import Image

_FOLDER = Path(__file__).parent.parent.parent / "docs" / "notebooks"
_NOTEBOOKS = sorted(_FOLDER.glob("*.ipynb"))
_MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|tmp|work|Users|content|usr|opt)/|[A-Z]:\\")

# What the cell tagged `parameters` is replaced with, so that a training ends after some steps.
_TINY = {
    "text_to_image": """
        from pathlib import Path
        QUICK = True
        FOLDER, DATA, RUN = Path("my-pictures"), Path("data/mine"), Path("runs/mine")
        PICTURES, ENCODER_EPOCHS, PAIRS, SCORED = 100, 1, 256, 20
    """,
    "faces_from_labels": """
        from pathlib import Path
        QUICK = True
        DATA, RUN = Path("data/faces"), Path("runs/faces")
        PICTURES, SIDE, AUTOENCODER_EPOCHS, GAN_EPOCHS = 100, 32, 1, 1
    """,
}
# Cells that show a picture.
_PICTURES = {"text_to_image": 10, "faces_from_labels": 9}

each_notebook = pytest.mark.parametrize("path", _NOTEBOOKS, ids=lambda path: path.stem)


def test_both_notebooks_are_there():
    assert {path.stem for path in _NOTEBOOKS} == set(_TINY)


@each_notebook
def test_it_is_a_valid_notebook(path):
    book = _read(path)
    nbformat.validate(book)
    assert (book.nbformat, book.nbformat_minor) == (4, 5)
    assert len({cell.id for cell in book.cells}) == len(book.cells)
    assert path.stat().st_size < 100_000


@each_notebook
def test_its_code_compiles(path):
    for cell in _code(_read(path)):
        source = TransformerManager().transform_cell(cell.source)  # `%pip` and the like
        compile(source, f"{path.name}, cell {cell.id}", "exec")


@each_notebook
def test_it_stores_no_output_but_one_picture(path):
    cells = _code(_read(path))
    assert [cell.id for cell in cells if cell.execution_count is not None] == []
    stored = [output for cell in cells for output in cell.outputs]
    assert len(stored) <= 1
    for output in stored:
        assert output.output_type == "display_data"
        assert any(kind.startswith("image/") for kind in output.data)


@each_notebook
def test_it_names_no_path_of_a_machine(path):
    assert _MACHINE_PATH.search(path.read_text("utf-8")) is None


@each_notebook
def test_its_text_has_short_lines_and_links_to_pages_that_exist(path):
    text = "\n".join(cell.source for cell in _read(path).cells if cell.cell_type == "markdown")
    assert [line for line in text.splitlines() if len(line) > 120] == []
    links = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (path.parent / link).exists()] == []


@each_notebook
def test_the_tiny_parameters_set_what_the_notebook_sets(path):
    cell = _parameters(_read(path))
    assert _names(_TINY[path.stem]) == _names(cell.source)


@pytest.mark.slow
@each_notebook
def test_it_runs_in_an_empty_folder(path, tmp_path, monkeypatch):
    for name in ("KERAS_T2I_CACHE", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    place = tmp_path / "empty"
    place.mkdir()
    book = _read(path)
    for cell in _code(book):
        cell.outputs = []
    _parameters(book).source = textwrap.dedent(_TINY[path.stem])
    resources = {"metadata": {"path": str(place)}}
    NotebookClient(book, timeout=900, kernel_name="python3", resources=resources).execute()
    outputs = [output for cell in _code(book) for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error"] == []
    pictures = [_picture(o.data["image/png"]) for o in outputs if "image/png" in o.get("data", {})]
    assert len(pictures) >= _PICTURES[path.stem]
    assert min(picture.std() for picture in pictures) > 5


def _read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def _code(book):
    return [cell for cell in book.cells if cell.cell_type == "code"]


def _parameters(book):
    (cell,) = [cell for cell in book.cells if "parameters" in cell.metadata.get("tags", ())]
    return cell


def _names(source):
    """The names that some code binds."""
    nodes = list(ast.walk(ast.parse(textwrap.dedent(source))))
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    imports = [n for n in nodes if isinstance(n, ast.ImportFrom)]
    return stored | {alias.name for n in imports for alias in n.names}


def _picture(text):
    """The pixels of a PNG, of its base64."""
    png = Image.open(io.BytesIO(base64.b64decode(text)))
    return np.asarray(png.convert("RGB"))

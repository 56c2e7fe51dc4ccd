"""What a user may give by mistake: refused by name, never by a traceback."""

import subprocess
import sys

import numpy as np
import pytest

import keras_t2i
from keras_t2i.commands.imports import import_components
from keras_t2i.pipelines.errors import InputError

_TEXT = "a red picture"


@pytest.mark.parametrize(
    ("ask", "rule"),
    [
        (lambda run: run.generate(_TEXT, seeds=[]), "at least one"),
        (lambda run: run.generate([]), "takes texts, such as"),
        (lambda run: run.generate(5), "must be a str or a list"),
        (lambda run: run.generate([_TEXT, None]), "must be a str or a list"),
        (lambda run: run.generate("a red \ud83d bird"), r"half a character .*'a red \\ud83d bird'"),
        (lambda run: run.generate(_TEXT, seed=2**63), r"must lie in \[-2\^63"),
        (lambda run: run.generate([_TEXT] * 2, seed=2**63 - 1), r"must lie in \[-2\^63"),
        (lambda run: run.generate(_TEXT, seeds=[1.9]), "must be a whole number"),
        (lambda run: run.generate(_TEXT, seeds="12"), "must be a list of whole numbers"),
        (lambda run: run.generate(_TEXT, seeds=3), "must be a list of whole numbers"),
        (lambda run: run.generate(_TEXT, truncation="0.5"), r"must lie in \[0, 1\]"),
        (lambda run: run.generate(_TEXT, truncation=float("nan")), r"must lie in \[0, 1\]"),
        (lambda run: run.encode([]), "at least one text"),
        (lambda run: run.encode(None), "must be a str or a list"),
    ],
)
@pytest.mark.parametrize("kind", ["run", "model"])
def test_it_is_refused(kind, ask, rule, trained, exported):
    held = keras_t2i.load(trained.path if kind == "run" else exported)
    with pytest.raises(InputError, match=rule):
        ask(held)


def test_numbers_of_numpy_are_numbers(trained):
    run = keras_t2i.load(trained.path)
    one = run.generate(_TEXT, seed=np.int64(3), truncation=np.float32(1.0))
    np.testing.assert_array_equal(one, run.generate(_TEXT, seeds=np.array([3])))


def test_names_of_the_api_mean_the_same_after_its_modules_are_imported():
    code = (
        "import keras_t2i, keras_t2i.catalogue, keras_t2i.loading, keras_t2i.api\n"
        "keras_t2i.preset('dcgan-demo')\n"
        "assert 'dcgan-demo' in keras_t2i.presets()\n"
        "import pkgutil\n"
        "names = {m.name for m in pkgutil.iter_modules(keras_t2i.__path__)}\n"
        "print(sorted(names & set(keras_t2i.__all__)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    # `python -m keras_t2i.fit` and `.evaluate` are modules that nobody imports.
    assert done.stdout == "['evaluate', 'fit']\n", done.stderr


def test_another_file_of_the_same_name_is_not_taken_for_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine_twice.py").write_text("")
    import_components(str(tmp_path / "a" / "mine_twice.py"))
    import_components(str(tmp_path / "a" / "mine_twice.py"))
    with pytest.raises(InputError, match="a module called 'mine_twice' is imported already"):
        import_components(str(tmp_path / "b" / "mine_twice.py"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["generate", "drawn-birds", "a bird", "--seed", "9" * 20], "A seed must lie in"),
        (["generate", "drawn-birds", "a bird", "--out", "file/x.png"], "file"),
        (["evaluate", "drawn-birds", "--seed", "-1"], "--seed must lie in"),
        (
            ["evaluate", "drawn-brids"],
            "no such run, SavedModel or folder. Did you mean 'drawn-birds",
        ),
        (["export", "drawn-birds", "--out", "file/x"], "--out file/x: cannot be made"),
    ],
)
def test_commands_say_it_in_one_line(words, said, tmp_path):
    (tmp_path / "file").write_text("")
    code = "from keras_t2i.commands.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert said in line

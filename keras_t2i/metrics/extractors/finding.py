"""Lookup of the extractor that a path stands for."""

from collections.abc import Callable
from pathlib import Path

from keras_t2i.metrics.extractors import Extractor
from keras_t2i.metrics.extractors.download import canonical_graph
from keras_t2i.metrics.extractors.run_classifier import RunClassifier
from keras_t2i.metrics.subject import ReadsLabels
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.spelling import did_you_mean
from keras_t2i.training.run import Run

_RANDOM = "random"
Range = tuple[float, float]
OpenClassifier = Callable[[Path], ReadsLabels]
"""Opens a run folder as what reads labels; raises an InputError if the run reads none."""


def find_extractor(
    name: str | None,
    value_range: Range | None = None,
    open_classifier: OpenClassifier | None = None,
) -> Extractor:
    """The extractor that a path, or `random`, stands for.

    Args:
        name: An .npz of SqueezeNet, a .pb of the Inception graph, an .h5 of Keras's InceptionV3, a
            .keras or .tflite file, a SavedModel's or a run's folder; `random` for a projection
            without knowledge; by default the canonical Inception of the cache folder.
        value_range: Values of black and white that a network of floats takes.
        open_classifier: Function that opens a run; without it runs are refused.

    Raises:
        InputError: No such file, none of these, or a run that reads no labels.
    """
    require_extractor(name)
    if name == _RANDOM:
        from keras_t2i.metrics.extractors.random_projection import RandomProjection

        return RandomProjection()
    if name is None:
        return _inception(canonical_graph(), value_range)
    path = Path(name)
    if (path / "experiment.json").exists():
        return run_classifier(path, open_classifier or _refused)
    make = next(make for recognises, make in _KINDS if recognises(path))
    return make(path, value_range)


def require_extractor(name: str | None, option: str = "--extractor") -> None:
    """Refuse an extractor that is not there or of no kind that is known; nothing is loaded.

    Args:
        name: Path, `random` or `None`, as of `find_extractor`.
        option: Option that names it, for the message.

    Raises:
        InputError: No such file, or none of these.
    """
    if name == _RANDOM:
        return
    if name is None and not canonical_graph().exists():
        raise InputError(
            f"No extractor: give one with {option} (a run of label-classifier, an .npz of "
            "SqueezeNet, a .pb, .h5, .keras or .tflite file, a SavedModel), or fetch the "
            "network of published FIDs with `python -m keras_t2i.metrics.extractors.download`."
        )
    path = Path(name) if name else canonical_graph()
    if not path.exists():
        raise InputError(f"{option} {path}: no such file.{did_you_mean(str(path), [_RANDOM])}")
    known = any(recognises(path) for recognises, _ in _KINDS)
    if not known and not (path / "experiment.json").exists():
        raise InputError(
            f"{option} {path}: neither .npz (SqueezeNet), .pb (Inception's graph), .h5 (Keras's "
            "InceptionV3), .keras, .tflite, a SavedModel nor a run."
        )


def _refused(path: Path) -> ReadsLabels:
    raise InputError(f"--extractor {path}: runs cannot be opened here.")


def run_classifier(path: Path, open_classifier: OpenClassifier) -> RunClassifier:
    """A run that reads labels, as an extractor.

    Args:
        path: The run folder.
        open_classifier: Function that opens the run.

    Raises:
        InputError: Not a run, not trained yet, or of a kind that reads no labels.
    """
    return RunClassifier(open_classifier(path), Run(path).experiment.name)


def _squeezenet(path: Path, value_range: Range | None) -> Extractor:
    from keras_t2i.metrics.extractors.squeezenet import SqueezeNet

    return SqueezeNet(path)


def _inception(path: Path, value_range: Range | None) -> Extractor:
    from keras_t2i.metrics.extractors.inception_graph import InceptionGraph

    return InceptionGraph(path)


def _keras_inception(path: Path, value_range: Range | None) -> Extractor:
    from keras_t2i.metrics.extractors.keras_inception import KerasInception

    return KerasInception(path)


def _saved(path: Path, value_range: Range | None) -> Extractor:
    from keras_t2i.metrics.extractors.saved import SavedNetwork

    return SavedNetwork(path, value_range)


def _keras(path: Path, value_range: Range | None) -> Extractor:
    from keras_t2i.metrics.extractors.saved import KerasNetwork

    return KerasNetwork(path, value_range)


def _ends(*suffixes: str) -> Callable[[Path], bool]:
    return lambda path: path.suffix in suffixes


_KINDS: tuple[tuple[Callable[[Path], bool], Callable[[Path, Range | None], Extractor]], ...] = (
    (_ends(".npz"), _squeezenet),
    (_ends(".pb"), _inception),
    (_ends(".h5"), _keras_inception),
    (_ends(".keras"), _keras),
    (_ends(".tflite"), _saved),
    (lambda path: (path / "saved_model.pb").exists(), _saved),
)

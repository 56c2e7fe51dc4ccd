"""The pictures of a report: samples, nearest training pictures, scores over the training."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from PIL import Image

from keras_t2i.images.grid import captioned_grid, plain_grid
from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.manifold import squared_distances
from keras_t2i.metrics.pictures import Pictures, PictureSet
from keras_t2i.metrics.results_log import Line

_COLUMNS, _ROWS = 8, 4
NEIGHBOURS = 5
"""Training pictures that are shown beside each picture."""
_SIDE = 96  # of a picture in the report, in pixels


def sample_grid(pictures: PictureSet) -> Image.Image:
    """The first pictures, with their captions where these are known."""
    if pictures.conditions is None:
        rows = np.arange(min(pictures.count, _ROWS * _COLUMNS))
        rows = rows[: max(1, len(rows) // _COLUMNS) * _COLUMNS]
        shown = _same_size(pictures.read(rows))
        return plain_grid(shown.reshape(-1, min(len(rows), _COLUMNS), *shown.shape[1:]))
    rows = np.arange(min(pictures.count, _COLUMNS))
    shown = _same_size(pictures.read(rows))
    return captioned_grid([pictures.conditions.captions[row] for row in rows], shown[:, None])


def neighbours_grid(inputs: EvaluationInputs) -> Image.Image:
    """Some pictures, each with the training pictures that are nearest to it by features.

    Raises:
        Unavailable: The data set is gone.
    """
    chosen = np.arange(min(inputs.fake.count, _COLUMNS))
    fakes = np.asarray(inputs.fakes.features[chosen], "float64")
    apart = squared_distances(fakes, np.asarray(inputs.trained.features, "float64"))
    rows = []
    for row, near in zip(chosen, np.argsort(apart, axis=1)[:, :NEIGHBOURS], strict=True):
        own = _same_size(inputs.fake.read(np.array([row])))
        rows.append(np.concatenate([own, _same_size(inputs.train_pictures.read(near))]))
    return plain_grid(np.stack(rows))


def scores_over_training(lines: Iterable[Line], subject: str) -> Image.Image | None:
    """A small plot of each score that was taken at two steps at least; `None` if none was.

    Args:
        lines: Lines of a metrics.jsonl.
        subject: Name of the set of pictures whose scores are drawn.
    """
    found: dict[tuple[str, str, str], dict[int, float]] = defaultdict(dict)
    for line in lines:
        if line["subject"] == subject and line["step"] is not None:
            key = line["name"], line["protocol"], line.get("better", "")
            found[key][line["step"]] = line["value"]
    series = {key: points for key, points in found.items() if len(points) > 1}
    if not series:
        return None
    import matplotlib.figure
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    columns = min(3, len(series))
    rows = -(-len(series) // columns)
    figure = matplotlib.figure.Figure((4 * columns, 2.6 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.ravel():
        axis.set_visible(False)
    for axis, ((name, protocol, better), points) in zip(axes.ravel(), series.items(), strict=False):
        steps = sorted(points)
        axis.set_visible(True)
        axis.plot(steps, [points[step] for step in steps], marker="o", linewidth=1.5)
        axis.set_title(f"{name} ({better} is better)" if better else name, fontsize=9)
        axis.set_xlabel(f"step\n{protocol}", fontsize=6)
        axis.grid(alpha=0.3)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def _same_size(pictures: Pictures) -> np.ndarray:
    size, rule = (_SIDE, _SIDE), Image.Resampling.LANCZOS
    return np.stack([np.asarray(Image.fromarray(p).resize(size, rule)) for p in pictures])

"""A page that shows scores, and what the pictures look like."""

import base64
import html
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_t2i.images.grid import captioned_grid, plain_grid, save_png
from keras_t2i.metrics import results_log
from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.pictures import PictureSet
from keras_t2i.metrics.scoring import Measurement

_COLUMNS, _ROWS = 8, 4
_NEIGHBOURS = 5
_SIDE = 96  # of a picture in the report

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { padding: .25rem .7rem; text-align: left; border-bottom: 1px solid #8884; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
td.p { font-family: monospace; font-size: .8rem; }
img { max-width: 100%; }
"""


def write_report(folder: Path, inputs: EvaluationInputs, scored: Sequence[Measurement]) -> Path:
    """Write report.html, whole in one file, with its pictures as PNG files beside it.

    Args:
        folder: Where metrics.jsonl lies.
        inputs: What was judged.
        scored: The scores of this evaluation.
    """
    fake = inputs.fake
    sections = [
        _heading(inputs),
        _table(
            ("score", "of", "value", "better", "protocol"),
            [
                (
                    o.score.name,
                    o.subject,
                    results_log.cell(asdict(o.score)),
                    o.score.better,
                    o.score.protocol,
                )
                for o in scored
            ],
        ),
        *(_details(one) for one in scored if one.subject == fake.name and one.score.details),
    ]
    names = "Captions and pictures" if fake.conditions else "Pictures"
    sections.append(_figure(folder / "samples.png", sample_grid(fake), names))
    if fake.count > _NEIGHBOURS:
        grid = neighbours_grid(inputs)
        title = "Pictures (first column) and the nearest training pictures by features"
        sections.append(_figure(folder / "neighbours.png", grid, title))
    plot = scores_over_training(results_log.read(folder), fake.name)
    if plot is not None:
        sections.append(_figure(folder / "scores.png", plot, "Scores over training"))
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(fake.name)}</title><style>{_STYLE}</style><body>"
        + "\n".join(sections)
        + "</body></html>\n"
    )
    path = folder / "report.html"
    partial = folder / ".report.html.partial"
    partial.write_text(page, "utf-8")
    partial.replace(path)
    return path


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
    """Some pictures, each with the training pictures that are nearest to it."""
    chosen = np.arange(min(inputs.fake.count, _COLUMNS))
    trained = np.asarray(inputs.trained.features, "float64")
    rows = []
    for row in chosen:
        apart = ((trained - inputs.fakes.features[row]) ** 2).sum(1)
        near = np.argsort(apart)[:_NEIGHBOURS]
        rows.append(
            np.concatenate(
                [
                    _same_size(inputs.fake.read(np.array([row]))),
                    _same_size(inputs.train.read(near)),
                ]
            )
        )
    return plain_grid(np.stack(rows))


def scores_over_training(lines: Iterable[dict[str, Any]], subject: str) -> Image.Image | None:
    """A small plot a score of the subject that was taken at two steps at least; `None` if none."""
    series: dict[tuple[str, str, str], dict[int, float]] = defaultdict(dict)
    for line in lines:
        if line["subject"] == subject and line["step"] is not None:
            key = line["name"], line["protocol"], line.get("better", "")
            series[key][line["step"]] = line["value"]
    series = {key: points for key, points in series.items() if len(points) > 1}
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


def _heading(inputs: EvaluationInputs) -> str:
    fake, extractor = inputs.fake, inputs.extractor
    step = "" if fake.step is None else f", step {fake.step:,}"
    lines = [
        f"{fake.count:,} pictures{step}, compared with {inputs.real.count:,} real ones "
        f"({inputs.real.name}).",
        f"Seen by {extractor.name} (sha256 {extractor.fingerprint[:16]}…), resized as clean-fid to "
        f"{extractor.size} pixels.",
        *dict.fromkeys(inputs.notes),
    ]
    if not extractor.canonical:
        lines.append("The network is not the one of published FID figures: do not compare them.")
    text = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    return f"<h1>{html.escape(fake.name)}</h1>{text}"


def _details(one: Measurement) -> str:
    rows = [(name, results_log.figure(value)) for name, value in one.score.details.items()]
    return f"<h2>{html.escape(one.score.name)}</h2>" + _table(("", "value"), rows)


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    kinds = {"value": ' class="n"', "protocol": ' class="p"'}
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{kinds.get(name, '')}>{html.escape(cell)}</td>"
            for name, cell in zip(names, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _figure(path: Path, image: Image.Image, title: str) -> str:
    save_png(image, path)
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<h2>{title}</h2><img alt="{title}" src="data:image/png;base64,{data}">'


def _same_size(pictures: Sequence[np.ndarray]) -> np.ndarray:
    return np.stack(
        [np.asarray(Image.fromarray(p).resize((_SIDE, _SIDE), Image.LANCZOS)) for p in pictures]
    )

"""A page that shows scores and pictures."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import jinja2
from PIL import Image

from keras_t2i.images.grid import save_png
from keras_t2i.metrics import results_log
from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.protocols import Score
from keras_t2i.metrics.report_figures import (
    NEIGHBOURS,
    neighbours_grid,
    sample_grid,
    scores_over_training,
)
from keras_t2i.metrics.scoring import Measurement
from keras_t2i.pipelines.whole_file import write_text

_PAGE = Path(__file__).with_name("report.html")


def write_report(folder: Path, inputs: EvaluationInputs, scored: Sequence[Measurement]) -> Path:
    """Write report.html, whole in one file, with its pictures as PNG files beside it.

    Args:
        folder: Folder where metrics.jsonl lies.
        inputs: Inputs of the scores: pictures and references.
        scored: The scores of this evaluation.
    """
    own = [one.score for one in scored if one.subject == inputs.fake.name]
    figures = []
    for name, title, image in _figures(folder, inputs):
        save_png(image, folder / name)
        figures.append((title, base64.b64encode((folder / name).read_bytes()).decode()))
    page = jinja2.Environment(autoescape=True, trim_blocks=True).from_string(
        _PAGE.read_text("utf-8")
    )
    path = folder / "report.html"
    text = page.render(
        title=inputs.fake.name,
        lines=_lines(inputs),
        scored=scored,
        detailed=[score for score in own if score.details],
        figures=figures,
        cell=_cell,
        figure=results_log.figure,
    )
    write_text(path, text)
    return path


def _figures(folder: Path, inputs: EvaluationInputs) -> Iterator[tuple[str, str, Image.Image]]:
    """File, title and image of each picture of the page."""
    fake = inputs.fake
    names = "Captions and pictures" if fake.conditions else "Pictures"
    yield "samples.png", names, sample_grid(fake)
    if inputs.train is not None and fake.count > NEIGHBOURS:
        title = "Pictures (first column) and the nearest training pictures by features"
        yield "neighbours.png", title, neighbours_grid(inputs)
    plot = scores_over_training(results_log.read(folder), fake.name)
    if plot is not None:
        yield "scores.png", "Scores over training", plot


def _lines(inputs: EvaluationInputs) -> list[str]:
    """Lines above the scores."""
    fake, real, extractor = inputs.fake, inputs.real, inputs.extractor
    step = "" if fake.state is None or fake.state.step is None else f", step {fake.state.step:,}"
    against = f", compared with {real.count:,} real ones ({real.name})" if real else ""
    lines = [
        f"{fake.count:,} pictures{step}{against}.",
        f"Seen by {extractor.name} (sha256 {extractor.fingerprint[:16]}…), resized as clean-fid to "
        f"{extractor.size} pixels.",
        *dict.fromkeys(inputs.notes),
    ]
    if not extractor.canonical:
        lines.append("The network is not the one of published FID figures: do not compare them.")
    return lines


def _cell(score: Score) -> str:
    return results_log.cell(asdict(score))

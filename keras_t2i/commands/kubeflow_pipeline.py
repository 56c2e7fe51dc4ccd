"""The Kubeflow pipeline of a delivery: each step is a function that runs in its own container.

kfp takes the source of each function alone, so each imports what it needs itself.
"""

from typing import Any

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output

from keras_t2i.catalogue import DEFAULT


def prepare(words: str, data: Output[Dataset]) -> None:
    """Records to train on."""
    from pathlib import Path

    from keras_t2i.commands import deliver

    info = deliver.prepared(words, Path(data.path))
    data.metadata.update(source=info.source, checksum=info.checksum)


def fit(words: str, data: Input[Dataset], run: Output[Model]) -> None:
    """A trained run."""
    from pathlib import Path

    from keras_t2i.commands import deliver

    deliver.trained(words, Path(data.path), Path(run.path))


def evaluate(
    words: str,
    data: Input[Dataset],
    run: Input[Model],
    scores: Output[Artifact],
    metrics: Output[Metrics],
) -> None:
    """Scores of the run, by the protocol of the push."""
    from dataclasses import replace
    from pathlib import Path

    from keras_t2i.commands import deliver

    publishing = replace(
        deliver.pushing(words, Path("unused")),
        run=Path(run.path),
        data=Path(data.path),
        scores=Path(scores.path),
    )
    for line in deliver.evaluated(publishing):
        metrics.log_metric(line["name"], line["value"])


def push(
    words: str,
    models: str,
    data: Input[Dataset],
    run: Input[Model],
    scores: Input[Artifact],
) -> str:
    """The version that is served then; the step fails where the model is refused."""
    from dataclasses import replace
    from pathlib import Path

    from keras_t2i.commands import deliver
    from keras_t2i.commands.push import push

    publishing = replace(
        deliver.pushing(words, Path(models)),
        run=Path(run.path),
        data=Path(data.path),
        scores=Path(scores.path),
    )
    return str(push(publishing))


def delivery(image: str) -> Any:
    """The pipeline, for kfp's compiler, its client or `kfp.local`.

    Args:
        image: Container image of all steps, with keras-t2i[kubeflow] in it.
    """
    steps = [
        dsl.component(step, base_image=image, install_kfp_package=False)
        for step in (prepare, fit, evaluate, push)
    ]
    prepared, fitted, evaluated, pushed = steps

    @dsl.pipeline(
        name="keras-t2i-delivery",
        description="Prepare data, train, evaluate, and publish a model that is as good as the "
        "served one.",
    )
    def pipeline(
        models: str,
        prepare_words: str = "birds",
        fit_words: str = DEFAULT,
        evaluate_words: str = "",
        push_words: str = "",
    ) -> str:
        data = prepared(words=prepare_words).outputs["data"]
        run = fitted(words=fit_words, data=data).outputs["run"]
        scores = evaluated(words=evaluate_words, data=data, run=run).outputs["scores"]
        done = pushed(
            words=f"{evaluate_words} {push_words}", models=models, data=data, run=run, scores=scores
        )
        # What is served may have changed since a push with the same inputs.
        done.set_caching_options(False)
        return done.output

    return pipeline

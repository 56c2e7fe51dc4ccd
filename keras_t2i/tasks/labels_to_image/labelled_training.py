"""The training of a model on labelled pictures, whose interval is an epoch."""

from typing import TYPE_CHECKING, Any

from keras_t2i.pipelines.labels import labelled_pictures
from keras_t2i.training.callbacks.every import Every
from keras_t2i.training.hardware import jit_compile
from keras_t2i.training.stage import Training

if TYPE_CHECKING:
    from keras_t2i.tasks.labels_to_image.autoencoder_stage import AutoencoderGiven, AutoencoderStage
    from keras_t2i.tasks.labels_to_image.flow_stage import LabelFlowGiven, LabelFlowStage


def labelled_training(
    stage: "AutoencoderStage | LabelFlowStage",
    model: Any,
    given: "AutoencoderGiven | LabelFlowGiven",
) -> Training:
    """The training of a stage that sees pictures and labels, and nothing else.

    Args:
        stage: The stage.
        model: Model of the stage, untrained; prepared here.
        given: Inputs of the stage.
    """
    model.prepare(jit_compile=jit_compile(given.xla))
    steps = max(1, len(given.split.images) // stage.batch_size)

    def draw(step: int) -> None:
        given.draw(model, step)

    return Training(
        model=model,
        dataset=lambda step, **options: labelled_pictures(
            given.split,
            stage.batch_size,
            seed=given.seed,
            balanced=stage.balanced,
            augmentation=stage.data_augmentation,
            start_step=step,
            **options,
        ),
        steps=steps * stage.epochs,
        interval=steps,
        epoch=steps,
        rows_per_step=stage.batch_size,
        checkpoint_minutes=stage.checkpoint_minutes,
        callbacks=[Every(steps * stage.sample_every, steps, draw)],
        finish=lambda: given.finish(model),
    )

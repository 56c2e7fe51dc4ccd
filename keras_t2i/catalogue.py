"""All presets by name: functions that return an experiment."""

from collections.abc import Callable

import keras_t2i.adversarial.thinned  # noqa: F401, a component that no preset has
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.spelling import did_you_mean
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.chords_to_melody import presets as chords_to_melody
from keras_t2i.tasks.image_to_image import presets as image_to_image
from keras_t2i.tasks.image_to_labels import presets as image_to_labels
from keras_t2i.tasks.info_gan import presets as info_gan
from keras_t2i.tasks.labels_to_image import flow_presets
from keras_t2i.tasks.labels_to_image import presets as labels_to_image
from keras_t2i.tasks.points import presets as points
from keras_t2i.tasks.pyramid import presets as pyramid
from keras_t2i.tasks.stacked_text_to_image import presets as stacked_text_to_image
from keras_t2i.tasks.text_to_image import (
    baseline_presets,
    df_gan_presets,
    frozen_presets,
    vision_aided_presets,
    word_presets,
)
from keras_t2i.tasks.text_to_image import presets as text_to_image
from keras_t2i.tasks.unconditional import presets as unconditional
from keras_t2i.tasks.unpaired_image_to_image import presets as unpaired_image_to_image

PRESETS: dict[str, Callable[[], TaskExperiment]] = {
    **text_to_image.PRESETS,
    **baseline_presets.PRESETS,
    **df_gan_presets.PRESETS,
    **word_presets.PRESETS,
    **vision_aided_presets.PRESETS,
    **frozen_presets.PRESETS,
    **stacked_text_to_image.PRESETS,
    **labels_to_image.PRESETS,
    **flow_presets.PRESETS,
    **image_to_labels.PRESETS,
    **unconditional.PRESETS,
    **info_gan.PRESETS,
    **pyramid.PRESETS,
    **image_to_image.PRESETS,
    **unpaired_image_to_image.PRESETS,
    **chords_to_melody.PRESETS,
    **points.PRESETS,
}
DEFAULT = "small-birds"


def register_preset(name: str, make: Callable[[], TaskExperiment]) -> None:
    """Register a preset, for `fit NAME` and `keras_t2i.preset(NAME)`.

    Args:
        name: Name of the preset; the experiment's `name` must be the same.
        make: Function that returns the experiment.

    Raises:
        ValueError: The name is taken.
    """
    if PRESETS.get(name, make) is not make:
        raise ValueError(f"A preset is called {name!r} already.")
    PRESETS[name] = make


def preset(name: str) -> TaskExperiment:
    """The experiment of a preset.

    Raises:
        InputError: No such preset; the message names the nearest. Or its function raises an error,
            or returns no experiment.
    """
    if name not in PRESETS:
        hint = did_you_mean(name, PRESETS)
        raise InputError(f"Unknown preset {name!r}.{hint} Presets: {', '.join(PRESETS)}.")
    try:
        made = PRESETS[name]()
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"Preset {name!r} cannot be made: {type(error).__name__}: {error}."
        ) from error
    if not isinstance(made, TaskExperiment):
        raise InputError(f"Preset {name!r} must return an experiment. Received: {made!r}.")
    return made

"""Presets of MidiNet (Yang, Chou and Yang 2017)."""

from dataclasses import replace

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.tasks.chords_to_melody.task import ChordsToMelody
from keras_t2i.tasks.chords_to_melody.terms import FeatureMatching


def midi_net() -> ChordsToMelody:
    """The paper's second model: chords at every layer, the bar before at every length.

    Adam at 2e-4 with β₁ 0.5, batch 72, 20 epochs. They move the generator twice a step and train on
    smoothed answers; here both move once, on plain ones.
    """
    return ChordsToMelody(name="midi-net")


def demo() -> ChordsToMelody:
    """A narrower MidiNet with more epochs, for the composed tunes.

    The terms of feature matching are weaker, and half of the bars forget the one before: without
    that, the noise changes 6 % of a melody's steps (docs/tasks/chords_to_melody.md).
    """
    experiment = midi_net()
    stage = replace(
        experiment.gan,
        epochs=100,
        width=64,
        dense_width=256,
        averaging=ExponentialAverage(0.99),
        forget=0.5,
        generator_terms=(FeatureMatching(0.01, 0.1),),
        sample_every=30,
    )
    return replace(experiment, name="midi-net-demo", gan=stage)


PRESETS = {
    "midi-net": midi_net,
    "midi-net-demo": demo,
}

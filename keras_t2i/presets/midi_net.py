"""MidiNet (Yang, Chou and Yang 2017)."""

from dataclasses import replace

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.noise_to_melody import NoiseToMelody


def midi_net() -> NoiseToMelody:
    """Their second model: chords at every layer, the bar before at every length.

    Adam at 2e-4 with β₁ 0.5, batch 72, 20 epochs. They move the generator twice a step and train on
    smoothed answers; here both move once, on plain ones.
    """
    return NoiseToMelody(name="midi-net")


def demo() -> NoiseToMelody:
    """A quarter of the width and more epochs, for the tunes that are composed here."""
    experiment = midi_net()
    stage = replace(
        experiment.gan,
        epochs=60,
        width=64,
        dense_width=256,
        averaging=ExponentialAverage(0.99),
        sample_every=15,
    )
    return replace(experiment, name="midi-net-demo", gan=stage)

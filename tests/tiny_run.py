"""A run small enough to train in seconds."""

from dataclasses import replace

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.catalogue import preset
from keras_t2i.text.specs import Attentive, Recurrent, Words


def tiny(name: str = "self-attention-gan", **gan):
    """A preset with all it has, at a size that trains in seconds on 16×16 pictures."""
    experiment = preset(name)
    encoder = experiment.encoder.encoder
    small = (
        Attentive(word_dim=8, units=8, heads=2, attention_units=8)
        if isinstance(encoder, Attentive)
        else Recurrent(word_dim=8, units=8)
    )
    return replace(
        experiment,
        deterministic=True,
        encoder=replace(
            experiment.encoder,
            tokenizer=Words(8),
            encoder=small,
            embedding_dim=8,
            batch_size=16,
            learning_rate=1e-2,
            epochs=3,
            accuracy=0.999,
            precision="float32",
            checkpoint_minutes=0.0,
        ),
        gan=replace(
            experiment.gan,
            **{
                "pairs": 8 * 24,
                "batch_size": 8,
                "generator_channels": (16, 12, 8),
                "discriminator_channels": (8, 16),
                "text_dim": 4,
                "joint_dim": min(experiment.gan.joint_dim, 8),
                "latent_dim": 6,
                "generator_learning_rate": 1e-2,
                "averaging": ExponentialAverage(0.5),
                "interval": 6,
                "sample_every": 12,
                "precision": "float32",
                "checkpoint_minutes": 0.0,
                **gan,
            },
        ),
    )

"""Experiments that versions before format 1 wrote, in today's names.

They named classes by module and class, so that no module could ever move.
"""

from typing import Any

_CLASSES = {
    "between_kinds.BetweenKinds": "UnpairedImageToImage",
    "codes_to_image.CodesToImage": "UnconditionalWithCodes",
    "labels_from_image.LabelsFromImage": "ImageToLabels",
    "noise_to_image.NoiseToImage": "Unconditional",
    "noise_to_melody.NoiseToMelody": "ChordsToMelody",
    "noise_to_points.NoiseToPoints": "Points",
    "noise_to_pyramid.NoiseToPyramid": "UnconditionalPyramid",
    "text_to_stack.TextToStack": "StackedTextToImage",
    "adversarial.losses.Silent": "NoAdversarialLoss",
    "adversarial.starts.PretrainedDecoder": "FromAutoencoder",
    "adversarial.starts.RandomStart": "RandomWeights",
    "models.translation_specs.Enlarging": "SuperResolution",
    "models.translation_specs.Filling": "Inpainting",
    "pipelines.paired.CentreHole": "CentreMask",
    "pipelines.paired.Downsampled": "Downsample",
    "pipelines.paired.RandomHoles": "RandomMasks",
    "stages.picture_gan.PictureGanStage": "UnconditionalGanStage",
    "stages.stacked_gan.FirstStage": "StageI",
    "stages.stacked_gan.SecondStage": "StageII",
    "stages.translation_gan.TranslationGanStage": "ImageToImageGanStage",
}
_FIELDS = {
    "UnpairedImageToImage": {"first": "domain_a", "second": "domain_b"},
    "ImageToImage": {"given": "degradation"},
    "LabelGanStage": {"start": "initializer"},
    "FromAutoencoder": {"match_latent": "fit_entry_layer"},
    "JointEncoderStage": {"sight": "image_channels"},
}
_UNUSED = {
    "PerceptronGanStage": {"width", "max_width", "critic_normalized"},
    "InfoGanStage": {"noise_dim", "critic_normalized"},
    "StageII": {"generator_channels", "latent_dim"},
}


def in_todays_names(value: Any) -> Any:
    """JSON values of an old experiment, with today's names of classes and fields.

    Fields that never did anything are left out.
    """
    if isinstance(value, list):
        return [in_todays_names(item) for item in value]
    if not isinstance(value, dict) or "class" not in value:
        return value
    old = value["class"]
    name = _CLASSES.get(old, old.rpartition(".")[2])
    renamed, unused = _FIELDS.get(name, {}), _UNUSED.get(name, set())
    fields = {
        renamed.get(field, field): in_todays_names(held)
        for field, held in value.items()
        if field != "class" and field not in unused
    }
    return {"class": name, **fields}

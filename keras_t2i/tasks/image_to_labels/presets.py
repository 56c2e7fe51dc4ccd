"""The judge of generated faces."""

from keras_t2i.tasks.image_to_labels.task import ImageToLabels


def label_classifier() -> ImageToLabels:
    """A classifier of real pictures, independent of PSC-GAN's label head, to judge its pictures."""
    return ImageToLabels(name="label-classifier")


PRESETS = {
    "label-classifier": label_classifier,
}

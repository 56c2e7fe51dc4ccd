"""The signature of a classifier."""

import keras

from keras_t2i.exporting import signatures
from keras_t2i.exporting.classify_signature import ClassifySignature
from keras_t2i.pipelines.attributes import AttributeSchema


def classifier_archive(
    classifier: keras.Model, schema: AttributeSchema, side: int
) -> keras.export.ExportArchive:
    """The one signature of a classifier, ready to be written, also as the default."""
    classify = ClassifySignature(classifier, schema, side).signatures["classify"]
    return signatures.archive({"serving_default": classify, "classify": classify}, [])

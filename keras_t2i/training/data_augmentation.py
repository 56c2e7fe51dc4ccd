"""Random crop and mirror image of training pictures, as a component of stages."""

from keras_t2i.components.registry import register
from keras_t2i.pipelines.pictures import CROP_AND_FLIP, NO_AUGMENTATION, DataAugmentation

register(DataAugmentation)

__all__ = ["CROP_AND_FLIP", "NO_AUGMENTATION", "DataAugmentation"]

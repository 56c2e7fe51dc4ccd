"""Base of all tasks of labelled pictures."""

from functools import cached_property
from typing import TYPE_CHECKING

from keras_t2i.pipelines.requirements import require_labels
from keras_t2i.tasks.base.pictures import PictureTask

if TYPE_CHECKING:
    from keras_t2i.pipelines.attributes import AttributeSchema


class LabelledTask(PictureTask):
    """A task whose pictures have labels."""

    @cached_property
    def schema(self) -> "AttributeSchema":
        """The data's labels.

        Raises:
            InputError: The data have no labels.
        """
        from keras_t2i.pipelines.attributes import AttributeSchema

        require_labels(self.info)
        return AttributeSchema(self.info.attributes)

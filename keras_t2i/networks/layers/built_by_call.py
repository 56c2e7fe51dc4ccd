"""Layers and models that are built by their first call."""

from typing import Any


class BuiltByCall:
    """A base before `keras.Layer` or `keras.Model` for what is made of other layers.

    Its parts build themselves when they are called. Of a layer without `build`, Keras traces the
    call once more on symbolic inputs to that end, and so it does for each part: a network in a
    network in a network is traced three times before its first call.
    """

    def build(self, shape: Any = None) -> None:
        """Build no weights: all belong to the layer's parts."""

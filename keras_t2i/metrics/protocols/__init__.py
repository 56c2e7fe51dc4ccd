"""Ways to score pictures, one in each file, known by their names.

A further one is a file of a class that derives from `ScoringProtocol`, and a line here; from
outside the package, a call of `register_protocol`.
"""

from keras_t2i.metrics.protocols.checkerboard import Checkerboard
from keras_t2i.metrics.protocols.conditions import ConditionsRead
from keras_t2i.metrics.protocols.copies import Copies
from keras_t2i.metrics.protocols.diversity import Diversity
from keras_t2i.metrics.protocols.frechet import Frechet
from keras_t2i.metrics.protocols.inception import Inception
from keras_t2i.metrics.protocols.kernel import Kernel
from keras_t2i.metrics.protocols.manifold import Manifold
from keras_t2i.metrics.protocols.nearest import Nearest
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol
from keras_t2i.metrics.protocols.r_precision import RPrecision
from keras_t2i.metrics.protocols.registry import (
    known_names,
    protocols_named,
    register_protocol,
)

__all__ = [
    "Score",
    "ScoringProtocol",
    "known_names",
    "protocols_named",
    "register_protocol",
]

register_protocol(Frechet())
register_protocol(Kernel())
register_protocol(Inception())
register_protocol(Manifold())
register_protocol(Copies())
register_protocol(Diversity())
register_protocol(Nearest())
register_protocol(Checkerboard())
register_protocol(RPrecision())
register_protocol(ConditionsRead())

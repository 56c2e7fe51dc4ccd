"""Points in the plane as a picture."""

import numpy as np
from PIL import Image

_SIDE = 384
_REAL, _DRAWN = (200, 200, 200), (214, 69, 44)


def scatter(points: np.ndarray, real: np.ndarray, title: str = "") -> Image.Image:
    """Draw points over those that they should come from.

    Args:
        points: Drawn points, float (N, 2).
        real: Real points, float (M, 2), in grey; they set the scale.
        title: Above them.
    """
    import matplotlib.figure
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = matplotlib.figure.Figure((_SIDE / 96, _SIDE / 96), dpi=96, layout="constrained")
    axis = figure.subplots()
    for some, colour, size in ((real, _REAL, 10), (points, _DRAWN, 4)):
        axis.scatter(
            some[:, 0], some[:, 1], s=size, color=np.array(colour) / 255, linewidths=0, alpha=0.6
        )
    reach = 1.3 * np.abs(real).max()
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], aspect="equal")
    axis.set_title(title, fontsize=9)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())

"""Coverage of a mixture of Gaussians by a generator."""

import numpy as np

from keras_t2i.pipelines.points import Mixture


def modes_covered(
    points: np.ndarray, mixture: Mixture, within: float = 3.0, least: float = 0.2
) -> dict[str, float]:
    """Modes that are drawn, and the share of points that lie in one (Metz 2017, section 3.3.1).

    Args:
        points: Points that were drawn, float (N, 2), N at least 1.
        mixture: The mixture that they should come from.
        within: Distance from a centre that still belongs to its mode, in deviations of the mixture.
        least: Share, of the points that an even draw would give to a mode, from which on the mode
            counts as covered.

    Returns:
        `modes`, the number of covered ones, of `of`; `quality`, the share of points within a mode;
        `divergence`, the reverse Kullback-Leibler divergence, KL(these points' modes ‖ an even
        draw), in nats.
    """
    centres = mixture.centres
    apart = np.linalg.norm(np.asarray(points)[:, None] - centres, axis=-1)
    nearest = apart.argmin(1)
    good = apart.min(1) <= within * mixture.deviation
    counts = np.bincount(nearest[good], minlength=len(centres))
    even = len(points) / len(centres)
    shares = counts / max(1, counts.sum())
    held = shares[shares > 0]
    return {
        "modes": int((counts >= least * even).sum()),
        "of": len(centres),
        "quality": float(good.mean()),
        "divergence": float((held * np.log(held * len(centres))).sum()),
    }

"""How much of a mixture of Gaussians a generator covers."""

import numpy as np

from keras_t2i.pipelines.points import Mixture


def modes_covered(
    points: np.ndarray, mixture: Mixture, within: float = 3.0, least: float = 0.2
) -> dict[str, float]:
    """Modes that are drawn, and the share of points that lie in one (Metz 2017, section 3.3.1).

    Args:
        points: float (N, 2).
        mixture: What they should come from.
        within: Deviations from a centre that still belong to its mode.
        least: Share of the points that an even draw would give to a mode, which it must have to
            count as covered.

    Returns:
        `modes` covered, of `of`; `quality`, the share of points within a mode; `divergence`, the
        reverse KL divergence of these points' modes from an even draw, in nats.
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

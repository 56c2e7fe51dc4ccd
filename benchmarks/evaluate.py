"""Time and memory of an evaluation, and where they go.

    python benchmarks/evaluate.py --run runs/birds --extractor squeezenet_v1_0.npz --count 10000

Pictures are drawn alone first. Then they are drawn, quantised to 8 bits and resized, batch after
batch, while the extractor sees the batch before; then come the statistics: Fréchet and kernel
distance, Inception Score, precision and recall.
"""

import resource
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tyro

from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.protocols import protocols_named
from keras_t2i.metrics.scoring import scores_of

_BATCH = 64
_STATISTICS = ("frechet", "kernel", "inception-score", "manifold")


@dataclass(frozen=True)
class Arguments:
    """Measure an evaluation.

    Args:
        run: A trained run.
        extractor: Feature network, as for `evaluate --extractor`.
        count: Pictures drawn.
        split: The real pictures' split.
    """

    run: Path
    extractor: str
    count: int = 10_000
    split: str = "test"


def main() -> None:
    arguments = tyro.cli(Arguments)
    from keras_t2i.pipelines.lazy import load_tensorflow

    load_tensorflow()
    from keras_t2i.commands.evaluate import Arguments as Asked
    from keras_t2i.commands.evaluate import inputs_of

    asked = Asked(
        arguments.run,
        extractor=arguments.extractor,
        count=arguments.count,
        split=arguments.split,
    )
    with tempfile.TemporaryDirectory() as folder:
        store = FeatureStore(Path(folder))
        inputs = replace(inputs_of(asked), store=store)
        store.features(inputs.real_pictures, inputs.extractor)
        store.seconds.clear()
        rows = np.arange(arguments.count)
        inputs.fake.read(rows[:_BATCH])
        began = time.perf_counter()
        for start in range(0, arguments.count, _BATCH):
            inputs.fake.read(rows[start : start + _BATCH])
        alone = time.perf_counter() - began
        began = time.perf_counter()
        store.features(inputs.fake, inputs.extractor)
        started = time.perf_counter()
        scores_of(inputs, protocols_named(_STATISTICS))
        store.seconds["statistics"] = time.perf_counter() - started
        total = time.perf_counter() - began
    print(f"drawing alone: {alone:.1f} s, {arguments.count / alone:,.0f} pictures/s")
    print(f"{arguments.count:,} pictures, {inputs.extractor.name}: {total:.1f} s")
    for name, seconds in store.seconds.items():
        rate = arguments.count / seconds
        print(f"{name:12} {seconds:8.1f} s {seconds / total:6.1%} {rate:10,.0f} pictures/s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory  {peak:8.2f} GiB")


if __name__ == "__main__":
    main()

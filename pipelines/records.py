"""The on-disk format of pictures: TFRecord shards beside a `dataset.json`.

Record i of a split lies in shard i mod the number of shards, so that reading the shards in turn
gives the order of writing back.
"""

from .dataset_info import Attribute, DatasetInfo, SplitInfo
from .record import Record
from .record_reader import Split, read_split
from .record_writer import write_dataset

__all__ = [
    "Attribute",
    "DatasetInfo",
    "Record",
    "Split",
    "SplitInfo",
    "read_split",
    "write_dataset",
]

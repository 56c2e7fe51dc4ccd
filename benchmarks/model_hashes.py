"""Record the sha256 of the files of models that can be fetched, in keras_t2i/hub/fetched.json.

    python benchmarks/model_hashes.py cub10-birds

To be run whenever such a model changes; a test compares.
"""

import sys

from keras_t2i.hub import named
from keras_t2i.pipelines.data_folder import sha256_of
from keras_t2i.pipelines.whole_file import write_json


def main() -> None:
    """Record the models that are named."""
    held = {}
    for name in sys.argv[1:]:
        folder = named.ALONG / name
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        held[name] = {str(file.relative_to(folder)): sha256_of(file) for file in files}
    write_json(named.HASHES, held)


if __name__ == "__main__":
    main()

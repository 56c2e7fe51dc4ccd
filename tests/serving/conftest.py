"""The contract of TensorFlow Serving as test vectors."""

import json

import pytest


@pytest.fixture(scope="session")
def vectors(shared):
    return json.loads((shared / "conformance" / "tfs_rest_vectors.json").read_text("utf-8"))

"""Messages of TensorFlow and TensorFlow Serving, imported without TensorFlow itself.

The generated modules lie in the package `tensorflow`, whose own import takes seconds and hundreds
of megabytes, though the messages need nothing of it.
"""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def _bare_tensorflow() -> Iterator[None]:
    """Let modules below `tensorflow` be imported without its `__init__`.

    A module without content stands for the package in the meantime. It goes afterwards, so that
    `import tensorflow` still imports the package; the modules stay, so that the package finds the
    same messages. Where TensorFlow is imported already, it is used.
    """
    found = importlib.util.find_spec("tensorflow") if "tensorflow" not in sys.modules else None
    if found is None:  # imported, or missing, which the imports will say
        yield
        return
    bare = ModuleType("tensorflow")
    bare.__path__ = list(found.submodule_search_locations or ())
    sys.modules["tensorflow"] = bare
    try:
        yield
    finally:
        del sys.modules["tensorflow"]


with _bare_tensorflow():
    from tensorflow.core.example import example_pb2, feature_pb2
    from tensorflow.core.framework import tensor_pb2, tensor_shape_pb2, types_pb2
    from tensorflow.core.protobuf import error_codes_pb2, meta_graph_pb2, saved_model_pb2
    from tensorflow_serving.apis import (
        classification_pb2,
        get_model_metadata_pb2,
        get_model_status_pb2,
        inference_pb2,
        input_pb2,
        model_management_pb2,
        model_pb2,
        model_service_pb2,
        model_service_pb2_grpc,
        predict_pb2,
        prediction_log_pb2,
        prediction_service_pb2,
        prediction_service_pb2_grpc,
        regression_pb2,
        status_pb2,
    )
    from tensorflow_serving.config import (
        file_system_storage_path_source_pb2,
        model_server_config_pb2,
        platform_config_pb2,
    )

__all__ = [
    "classification_pb2",
    "error_codes_pb2",
    "example_pb2",
    "feature_pb2",
    "file_system_storage_path_source_pb2",
    "get_model_metadata_pb2",
    "get_model_status_pb2",
    "inference_pb2",
    "input_pb2",
    "meta_graph_pb2",
    "model_management_pb2",
    "model_pb2",
    "model_server_config_pb2",
    "model_service_pb2",
    "model_service_pb2_grpc",
    "platform_config_pb2",
    "predict_pb2",
    "prediction_log_pb2",
    "prediction_service_pb2",
    "prediction_service_pb2_grpc",
    "regression_pb2",
    "saved_model_pb2",
    "status_pb2",
    "tensor_pb2",
    "tensor_shape_pb2",
    "types_pb2",
]

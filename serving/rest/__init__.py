"""The REST API of TensorFlow Serving: paths, and JSON from and to tensors."""

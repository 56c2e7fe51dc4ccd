"""Data sets, runs and models on other file systems, such as `gs://` and `s3://`, by fsspec."""

"""The commands: thin over the Python API."""

"""Layers and optimizers, one a file."""

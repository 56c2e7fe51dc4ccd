"""Callbacks of the training of a stage."""

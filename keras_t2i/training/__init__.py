"""Experiments, runs, and the training of a stage."""

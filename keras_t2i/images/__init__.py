"""Grids and batches of pictures."""

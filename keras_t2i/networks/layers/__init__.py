"""Layers of this project."""

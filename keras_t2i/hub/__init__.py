"""Trained models as folders that others can load: written, fetched by name, shared on a hub."""

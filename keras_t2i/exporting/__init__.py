"""Trained models as SavedModels."""

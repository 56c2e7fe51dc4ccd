"""Serving of SavedModels with the published signatures; independent of the training code."""

"""Delivery of models: statistics and drift of data, the blessing of a model, rolling back."""

"""Measured figures: stored as records, written into the documents' tables by a command."""

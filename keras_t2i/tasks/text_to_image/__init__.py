"""Captions to pictures."""

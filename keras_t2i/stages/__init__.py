"""Stages of an experiment as data: each builds its model, its data and its stop rule."""

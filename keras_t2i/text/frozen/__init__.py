"""Sentence encoders made by others, which are given as files and never trained."""

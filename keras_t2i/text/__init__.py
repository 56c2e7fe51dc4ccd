"""Sentence encoders and tokenizers."""

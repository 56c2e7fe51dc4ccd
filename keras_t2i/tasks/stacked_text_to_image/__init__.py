"""Captions to pictures in two sizes (StackGAN)."""

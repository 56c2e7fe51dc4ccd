"""Captioned pictures as records and tf.data pipelines; usable on its own."""

"""Text-to-image GANs in TensorFlow and Keras."""

"""Pictures from noise alone (GAN, DCGAN, WGAN, WGAN-GP)."""

"""Pictures from noise and codes (InfoGAN)."""

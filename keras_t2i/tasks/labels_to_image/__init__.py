"""Labels to pictures (PSC-GAN and the GANs that it is compared with)."""

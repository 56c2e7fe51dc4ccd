"""Labels to pictures (PSC-GAN and what it is compared with)."""

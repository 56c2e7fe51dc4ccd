"""Pictures of one domain as another's, without pairs (CycleGAN)."""

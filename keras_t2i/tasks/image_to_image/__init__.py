"""Pictures from paired pictures (pix2pix, SRGAN, Context Encoders)."""

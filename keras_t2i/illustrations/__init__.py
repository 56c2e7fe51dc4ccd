"""What `generate` draws, by kind of run."""

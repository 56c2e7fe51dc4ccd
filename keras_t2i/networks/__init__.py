"""Networks that several tasks use."""

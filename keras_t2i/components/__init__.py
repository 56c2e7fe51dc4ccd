"""Components of experiments: JSON values, known by name, within limits."""

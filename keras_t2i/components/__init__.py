"""What experiments are made of: values, their limits, their JSON."""

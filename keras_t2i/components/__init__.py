"""What experiments are made of: values of JSON, known by name, within limits."""

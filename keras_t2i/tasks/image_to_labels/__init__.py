"""Pictures to labels: the judge of generated ones."""

"""Pictures for people: sample grids and attention maps."""

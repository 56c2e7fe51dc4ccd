"""Points of the plane from noise."""

"""A night street: its geometry, its light, and the two cameras that see it."""

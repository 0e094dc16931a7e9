"""What fusion networks are built of."""

"""What networks do with a region."""

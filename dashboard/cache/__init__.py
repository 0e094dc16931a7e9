"""What is kept: in memory, made in the background, on disk."""

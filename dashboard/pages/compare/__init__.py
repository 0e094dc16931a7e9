"""One pair, several networks side by side."""

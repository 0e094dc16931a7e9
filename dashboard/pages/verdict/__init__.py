"""What else one pixel can answer."""

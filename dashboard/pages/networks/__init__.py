"""What a network is and shows of itself."""

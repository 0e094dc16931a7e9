"""What the pages ask by name: pairs, networks, saliency."""

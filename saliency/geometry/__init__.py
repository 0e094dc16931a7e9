"""Where things lie in an image: windows, tiles, regions, lattices of pixels."""

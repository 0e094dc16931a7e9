"""Pictures from files: reading, decoding, pairing, colour."""

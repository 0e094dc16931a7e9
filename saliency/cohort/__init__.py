"""Many slices through many networks: what each does to each, and what that says over cases."""

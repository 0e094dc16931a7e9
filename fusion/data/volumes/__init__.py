"""Volumes: series of slices with a place in the patient."""

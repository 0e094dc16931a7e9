"""Cohort: many slices of a collection through several networks."""

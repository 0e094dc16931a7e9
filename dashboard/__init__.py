"""What a person sees and clicks: the FuseVis screen as a Dash application."""

VERSION = "2026.11"
"""Year and month of the program; stands in everything that is exported."""

"""What a person sees and clicks: the FuseVis screen as a Dash application."""

"""Derivatives in a few numbers: influence, shares, correlation, contrast, a region's report."""

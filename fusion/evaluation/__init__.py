"""How good fused images are, beside trivial rules and a ceiling."""

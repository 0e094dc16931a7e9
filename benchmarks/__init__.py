"""What the README's figures come from; each file runs as ``python -m benchmarks.NAME``."""

"""A fusion network as something to compute with: traced to a plan, arranged to be fast, fingerprinted."""

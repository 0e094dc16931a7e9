"""One fusion method a file; a file here is found by the registry without being named anywhere else."""

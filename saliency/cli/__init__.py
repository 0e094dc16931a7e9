"""What the subcommands of ``python -m saliency`` do, one file a group."""

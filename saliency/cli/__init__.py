"""The subcommands of ``python -m saliency``: described in `saliency_commands`, run by one file a group."""

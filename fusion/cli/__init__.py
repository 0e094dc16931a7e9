"""The subcommands of ``python -m fusion``: described in `fusion_commands`, run by one file each."""

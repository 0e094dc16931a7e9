"""What the subcommands of ``python -m fusion`` do: one file each, with ``describe`` and ``run``."""

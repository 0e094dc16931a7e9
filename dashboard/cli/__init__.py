"""The command lines that need the dashboard: ``python -m dashboard`` and ``fusevis``, the roof over all."""

"""What the words of ``python -m fusion`` do: one file a word, each with ``describe`` and ``run``."""

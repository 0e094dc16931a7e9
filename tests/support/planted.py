"""What somebody may plant in a file that is loaded carelessly."""

from pathlib import Path


class Touches:
    """What a planted pickle would do."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return Path.touch, (self.canary,)

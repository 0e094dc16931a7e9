"""What a person is told when an input cannot be used."""


class InputError(ValueError):
    """Say in one sentence what is wrong with an input and what to do about it.

    Raised by the public functions of all rooms for anything a user can mend: a file, a name, a pixel, a
    size. Command lines print the sentence and exit with code 2; the dashboard shows it in place.
    """


class NetworkSizeError(InputError):
    """A brought network fails on images of this size, or gives another one; it may take other sizes."""

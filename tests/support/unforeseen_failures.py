"""What the log tells of failures that nobody foresaw."""

import logging
from contextlib import contextmanager


class Failures(logging.Handler):
    """Every record with a traceback of a failure that was not foreseen."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.seen = []

    def emit(self, record):
        self.seen.append(record.getMessage() + str(record.exc_info and record.exc_info[1]))


@contextmanager
def watched():
    """The messages of all that are logged until the block ends."""
    handler = Failures()
    logging.root.addHandler(handler)
    try:
        yield handler.seen
    finally:
        logging.root.removeHandler(handler)

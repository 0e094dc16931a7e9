"""What a person sees and clicks: the FuseVis screen as a Dash application."""

import logging

VERSION = "2026.11"
"""Year and month of the program; stands in everything that is exported."""

# Silent until `dashboard.server.log.configure` is called: a command that writes a file tells its mistakes itself.
logging.getLogger(__name__).addHandler(logging.NullHandler())

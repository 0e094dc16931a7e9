"""What a person sees and clicks: the FuseVis screen as a Dash application."""

import logging

# Silent until `dashboard.server.log.configure` is called: a command that writes a file tells its mistakes itself.
logging.getLogger(__name__).addHandler(logging.NullHandler())

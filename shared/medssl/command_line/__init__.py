"""How objects become a command line: fire does it, once every word has been checked."""

from .options import Option, takes
from .run import run_commands
from .words import checked

__all__ = ["Option", "checked", "run_commands", "takes"]

"""How objects become a command line."""

from __future__ import annotations

import logging
import os
import sys

import fire

from .errors import DEBUG, UserError, chain, one_line


def run_commands(commands: object, name: str) -> None:
    """Offer an object's methods as commands; bad input ends in one line and exit status 1."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        fire.Fire(commands, name=name)
    except Exception as error:
        # MONAI wraps what a config's components raise; the message is still the user's.
        if os.environ.get(DEBUG) or not any(isinstance(item, UserError) for item in chain(error)):
            raise
        sys.exit(f"medssl: {one_line(error)}")

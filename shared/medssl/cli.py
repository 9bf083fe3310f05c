"""The ``medssl`` command."""

from __future__ import annotations

import logging
import os
import sys

import fire

from .commands import Prepare, Releases, Research, Runs, Weights
from .errors import DEBUG, UserError, chain, one_line


class Commands(Runs, Weights, Releases, Research):
    """Self-supervised learning for 3D medical images."""

    def __init__(self) -> None:
        self.prepare = Prepare()


def main() -> None:
    """Entry point: bad input ends in one line and exit status 1."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        fire.Fire(Commands(), name="medssl")
    except Exception as error:
        # MONAI wraps what a config's components raise; the message is still the user's.
        if os.environ.get(DEBUG) or not any(isinstance(item, UserError) for item in chain(error)):
            raise
        sys.exit(f"medssl: {one_line(error)}")


if __name__ == "__main__":
    main()

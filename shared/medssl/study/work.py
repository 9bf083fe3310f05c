"""A run as a process does it: errors in one line, and an exit status."""

from __future__ import annotations

import logging
import os
import sys
import traceback

from ..errors import DEBUG, one_line
from .launch import launch

ERROR = "medssl: "  # how the line begins that says why a run ended


def work(study: str, key: str) -> int:
    """Do a run; 0 where its result is there, 1 where the line on stderr says why not."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        launch(study, key)
    except Exception as error:
        if os.environ.get(DEBUG):
            traceback.print_exc()
        print(f"{ERROR}{one_line(error)}", file=sys.stderr, flush=True)
        return 1
    return 0

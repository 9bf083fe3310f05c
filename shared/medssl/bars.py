"""What is said while something takes long: a first word, and bars, all of them made here."""

from __future__ import annotations

import os
import sys
from typing import Any

from tqdm import tqdm

_QUIET_S = 30.0  # between two lines of a bar in a file


def reading(place: str) -> None:
    """Say on stderr, before modules and lists are read, that a folder or file is being read."""
    print(f"reading {place} ...", file=sys.stderr, flush=True)


def progress_bar(*args: Any, **kwargs: Any) -> tqdm[Any]:
    """A bar on stderr; where that is no terminal, a line now and then.

    ``TQDM_MININTERVAL`` and the other variables of tqdm rule over both.

    Args:
        args: as tqdm takes them.
        kwargs: the same.
    """
    if not sys.stderr.isatty():
        # The longest interval, too: tqdm's monitor would redraw the bar after 10 s.
        names = ("mininterval", "maxinterval")
        quiet = {name: _QUIET_S for name in names if f"TQDM_{name.upper()}" not in os.environ}
        kwargs = {**quiet, **kwargs}
    return tqdm(*args, **kwargs)

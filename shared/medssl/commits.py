"""Which state of the code made a figure."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

UNKNOWN = "unknown"


def commit_of(folder: Path, digits: int = 40) -> str:
    """The commit of a checkout, ``-dirty`` after it where files differ from it.

    Args:
        folder: in the checkout.
        digits: of the hash, at least.

    Returns:
        ``unknown`` where there is no Git, or the folder lies in no checkout.
    """
    git = shutil.which("git")
    if git is None:
        return UNKNOWN
    words = ["describe", "--always", "--dirty", "--exclude=*", f"--abbrev={digits}"]
    done = subprocess.run(
        [git, "-C", str(folder), *words], capture_output=True, encoding="utf-8", check=False
    )
    return done.stdout.strip() if done.returncode == 0 else UNKNOWN

"""Fetch a file as the files of public data sets are: ``download URL PATH CHECKSUM``."""

from __future__ import annotations

import sys
from pathlib import Path

from medssl.sources.http_file import fetch

if __name__ == "__main__":
    fetch(sys.argv[1], Path(sys.argv[2]), sys.argv[3])

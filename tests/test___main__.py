"""``python -m medssl`` is the command."""

import subprocess
import sys

from medssl import __version__


def test_the_package_itself_is_the_command():
    words = [sys.executable, "-m", "medssl", "--version"]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == f"medssl {__version__}\n"

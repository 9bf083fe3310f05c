"""``python -m medssl`` is the command."""

import os
import subprocess
import sys

from medssl import __version__


def test_the_package_itself_is_the_command():
    words = [sys.executable, "-m", "medssl", "--version"]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == f"medssl {__version__}\n"


def test_a_user_without_a_name_can_start_it():
    """As in a container that runs under a number of the cluster's."""
    program = (
        "import os, pwd\n"
        "def nobody(number): raise KeyError(number)\n"
        "pwd.getpwuid = nobody\n"
        "for name in ('LOGNAME', 'USER', 'LNAME', 'USERNAME'): os.environ.pop(name, None)\n"
        "import medssl, getpass\n"
        "print(getpass.getuser() == str(os.getuid()))"
    )
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "True\n"


def test_names_that_the_terminal_cannot_show_are_no_error(tmp_path):
    """In the POSIX locale, without Python's ways around it."""
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    words = [sys.executable, "-m", "medssl", "new-method", "\u00fc", "--family", "\u00e4"]
    done = subprocess.run(words, capture_output=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"medssl: names of files are read as ascii here")
    assert done.stderr.count(b"\n") == 1

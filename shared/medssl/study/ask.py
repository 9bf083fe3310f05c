"""``python -m medssl.study.ask FOLDER KEY``: one run, by the warm server where there is one.

Started once for each run, so it imports next to nothing before it knows that it has to.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from ..signals import heard

SOCKET = "MEDSSL_STUDY_SOCKET"  # variable that names the server's socket


def main(words: Sequence[str]) -> int:
    """Do a run, or have it done; the exit status."""
    study, key = words
    if place := os.environ.get(SOCKET):
        return ask(place, str(Path(study).absolute()), key)
    from .work import work

    return work(study, key)


def ask(place: str, study: str, key: str) -> int:
    """Have the server do it: its output comes here, and if this process dies, the run does.

    Signals that ask to end go on to the run, which ends after the step at hand.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(place)
        request = json.dumps({"study": study, "key": key}).encode()
        socket.send_fds(connection, [request], [1, 2])
        for each in heard():
            signal.signal(each, lambda number, _: connection.sendall(bytes([number])))
        answer = connection.recv(16)
    return int(answer) if answer else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Who starts Snakemake tells of a signal, in one line, and holds Ctrl-C back from it: while it is imported and reads these files, it
# would answer with a traceback, later in words of its own.
import os
import signal
import sys


def silenced(handler):
    def handle(number, frame):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        handler(number, frame)

    return handle


onstart:
    if sys.platform != "win32":
        if signal.SIGINT in signal.sigpending():
            sys.exit(128 + signal.SIGINT)
        for number in (signal.SIGINT, signal.SIGTERM):
            if callable(former := signal.getsignal(number)):
                signal.signal(number, silenced(former))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

# Who starts Snakemake holds Ctrl-C back from it: while it is imported and reads these files, it would answer with a traceback.
import signal
import sys


onstart:
    if sys.platform != "win32":
        if signal.SIGINT in signal.sigpending():
            sys.exit(128 + signal.SIGINT)  # who started it tells of it
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

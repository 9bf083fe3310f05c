"""The one exception a user is meant to read."""


class UserError(Exception):
    """Bad input: one line that names the file or key, what was expected and how to mend it.

    The command line prints the message alone and exits with status 1; set ``MEDSSL_DEBUG=1``
    to see the traceback as well.
    """

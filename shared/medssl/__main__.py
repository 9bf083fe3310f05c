"""``python -m medssl``: the ``medssl`` command."""

from .cli import main

main()

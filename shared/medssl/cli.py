"""The ``medssl`` command."""

from __future__ import annotations

from functools import partial

from .command_line import run_commands
from .command_line.words import checked
from .commands import Analyse, Releases, Research, Runs, Study, Weights
from .prepare import Prepare


class Commands(Runs, Weights, Releases, Research):
    """Self-supervised learning for 3D medical images."""

    def __init__(self) -> None:
        self.prepare = Prepare()
        self.analyse = Analyse()
        self.study = Study(partial(checked, self))


def main() -> None:
    """Entry point."""
    run_commands(Commands(), "medssl")


if __name__ == "__main__":
    main()

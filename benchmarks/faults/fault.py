"""A fault, a try of it, and the ways in which a try can end."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

EQUAL, LINE, UNHARMED = "equal to the last bit", "one clear line", "unharmed"
GOOD = (EQUAL, LINE, UNHARMED)
TRACEBACK, HANG, SILENT = "traceback or unclear", "hang", "silent damage"
TRIED = (*GOOD, TRACEBACK, HANG, SILENT)  # how a try ends; what follows says that there was none
TOO_FEW, NOT_TRIED = "too few tries", "not tried here"
BAD = (TRACEBACK, HANG, SILENT, TOO_FEW)


class Outcome(NamedTuple):
    """How a try ended: one of the words above, and what was said or seen."""

    what: str
    detail: str = ""


class FailedError(Exception):
    """A try ended badly; ``outcome`` says how."""

    def __init__(self, what: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = Outcome(what, detail)


class LackError(Exception):
    """The machine lacks what a fault needs, as its message says: nobody's fault."""


@dataclass
class Trial:
    """Where a fault is tried: an empty folder, the seed's chance, and folders that all share.

    Attributes:
        folder: of this fault alone.
        shared: of data and of runs that were let alone.
        rng: drawn from the seed and the fault's name.
        times: how often to try.
    """

    folder: Path
    shared: Path
    rng: random.Random
    times: int = 1


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        family: of the page's sections.
        name: as ``--only`` and the page have it.
        expected: what has to become of it, for the page.
        attempt: tries it, ``times`` times; yields how each try ended.
        times: tries of a whole campaign, and of its row on the page.
    """

    family: str
    name: str
    expected: str
    attempt: Callable[[Trial], Iterator[Outcome]]
    times: int = 3

    def run(self, trial: Trial) -> list[Outcome]:
        """The outcomes; what the harness itself did not foresee counts as bad.

        Only what the machine lacks excuses a fault from being tried.
        """
        found: list[Outcome] = []
        try:
            found.extend(self.attempt(trial))
        except FailedError as failed:
            found.append(failed.outcome)
        except LackError as lack:
            found.append(Outcome(NOT_TRIED, str(lack)))
        except TimeoutError as error:
            found.append(Outcome(HANG, str(error)))
        except Exception as error:  # the rows of other faults are to be kept
            found.append(Outcome(TRACEBACK, f"the trial itself: {error!r}"))
        if set(kinds := [each.what for each in found]) <= set(GOOD) and len(kinds) < trial.times:
            found.append(Outcome(TOO_FEW, f"{len(kinds)} of {trial.times}"))
        return found

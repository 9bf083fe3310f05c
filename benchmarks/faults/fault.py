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


PATIENCE = 3  # as many starts as tries are wanted, where a fault may come too late


class Outcome(NamedTuple):
    """How a try ended.

    Attributes:
        what: one of the words above.
        detail: what was said or seen.
        times: how often the fault was done in it, before what became of it was compared, once.
    """

    what: str
    detail: str = ""
    times: int = 1


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
        times: how often to do it.
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
        attempt: does it ``times`` times; yields how each try ended, each with a comparison of its
            own. A time at which nothing was hit counts for none.
        times: how often a whole campaign does it, and so its row on the page.
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
            found.append(Outcome(NOT_TRIED, str(lack), 0))
        except TimeoutError as error:
            found.append(Outcome(HANG, str(error)))
        except Exception as error:  # the rows of other faults are to be kept
            found.append(Outcome(TRACEBACK, f"the trial itself: {error!r}"))
        done = sum(each.times for each in found)
        if {each.what for each in found} <= set(GOOD) and done < trial.times:
            found.append(Outcome(TOO_FEW, f"{done} of {trial.times}", 0))
        return found

"""Many inputs of one kind: each damaged by its own seed, several children at a time."""

from __future__ import annotations

import contextlib
import gc
import io
import random
import select
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .kind import IN, OUT, Damaged, Kind, damage_one
from .trial import READ, Ending, Running
from .verdict import OUTSIDE, Verdict, judge, listed, outside, remove

_DEEP = "a/b/c/d"  # folders above a case, so that what climbs out of it still is below the work


@dataclass
class Tried:
    """One input: its number, which with the kind is its seed; file, damage and verdict."""

    number: int
    file: str
    what: str
    verdict: Verdict


@dataclass
class Case:
    """A copy of the example, and the child that reads it."""

    number: int
    folder: Path
    damaged: Damaged
    running: Running
    before: dict[str, int] = field(default_factory=dict)


class Campaign:
    """Inputs of one kind.

    Args:
        kind: of the inputs.
        work: folder of examples and cases.
        seed: of all damage; an input is known by it, the kind's name and its number.

    Raises:
        RuntimeError: the good example itself is not read, or leaves something outside.
    """

    def __init__(self, kind: Kind, work: Path, seed: int) -> None:
        self.kind, self.seed = kind, seed
        self.example = work / "examples" / kind.name.replace(" ", "_")
        self.cases = work / "cases" / kind.name.replace(" ", "_") / _DEEP
        if not self.example.exists():
            self.example.mkdir(parents=True)
            with _quiet():
                kind.make(self.example)
        self.cases.mkdir(parents=True, exist_ok=True)
        self._warm_up()
        self.good = self._read_good()

    def run(self, numbers: Sequence[int], jobs: int = 1) -> list[Tried]:
        """Try the inputs of these numbers."""
        todo, tried = list(numbers)[::-1], []
        children: dict[int, Case] = {}
        while todo or children:
            while todo and len(children) < jobs:
                case = self._start(todo.pop())
                children[case.running.fileno()] = case
            select.select(list(children), [], [], 0.2)
            for case in [case for case in children.values() if case.running.take()]:
                del children[case.running.fileno()]
                tried.append(self._finish(case))
        return sorted(tried, key=lambda each: each.number)

    def keep(self, number: int) -> tuple[Path, str]:
        """A damaged copy to look at: its folder, and what was done."""
        case, damaged = self._copy(number)
        return case, f"{damaged.path.relative_to(case)}: {damaged.what}"

    def _copy(self, number: int) -> tuple[Path, Damaged]:
        case = self.cases / str(number)
        remove(case)
        shutil.copytree(self.example, case / IN)
        (case / OUT).mkdir()
        rng = random.Random(f"{self.seed}/{self.kind.name}/{number}")
        return case, damage_one(self.kind, case / IN, rng)

    def _start(self, number: int) -> Case:
        case, damaged = self._copy(number)
        before = listed(case)
        return Case(number, case, damaged, Running(self.kind.use, case), before)

    def _finish(self, case: Case) -> Tried:
        found = case.running.ending()
        verdict = judge(self.kind, case.damaged, found, self.good)
        written = [*outside(case.folder, case.before, self.kind.kept), *self._strays()]
        if written:
            verdict = Verdict(OUTSIDE, ", ".join(written[:5]))
        name = str(case.damaged.path.relative_to(case.folder / IN))
        remove(case.folder)
        return Tried(case.number, name, case.damaged.what, verdict)

    def _strays(self) -> Iterator[str]:
        """What lies above the cases, where nothing of ours does; it is removed."""
        top = self.cases
        strays = [path for path in top.iterdir() if not path.name.split(".")[0].isdecimal()]
        for name in reversed(Path(_DEEP).parts):
            top = top.parent
            strays += [path for path in top.iterdir() if path.name != name]
        for path in strays:
            yield str(path)
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def _good_copy(self, name: str) -> Path:
        case = self.cases / name
        remove(case)
        shutil.copytree(self.example, case / IN)
        (case / OUT).mkdir()
        return case

    def _warm_up(self) -> None:
        """Import, compile and load here, once, what all children will need."""
        try:
            with _quiet():
                self.kind.use(case := self._good_copy("warm"))
        except SystemExit as error:  # which would end this process, and nobody would know
            raise RuntimeError(f"{self.kind.name}: good example: {error.code}") from error
        remove(case)
        gc.collect()
        gc.freeze()

    def _read_good(self) -> Ending:
        case = self._good_copy("good")  # new, so that all is said that is said of a file once
        before, running = listed(case), Running(self.kind.use, case)
        while not running.take():
            select.select([running], [], [], 0.2)
        found = running.ending()
        if found.how != READ:
            raise RuntimeError(f"{self.kind.name}: good example {found.how}: {found.text}")
        if left := outside(case, before, self.kind.kept):
            raise RuntimeError(f"{self.kind.name}: good example leaves {', '.join(left)}")
        remove(case)
        return found


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield

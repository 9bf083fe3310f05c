"""What a plan consists of: runs that many experiments share, and cells that point to them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import UserError
from .checked import read_checked, write_checked

PLAN = "plan.json"
FORMAT = 2  # of plan.json
_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")
_MEND = "write it anew with `medssl study plan`"
PRETRAIN, FINETUNE = "pretrain", "finetune"


@dataclass(frozen=True)
class Run:
    """One training, or one measurement on what trainings left.

    Attributes:
        kind: ``pretrain``, ``finetune``, or the name of a measurement.
        name: of the method or task.
        start: what its weights come from.
        bundle: name of the bundle.
        files: configs to merge.
        keys: those that differ from what these configs say.
        free: keys that change no result, such as ``device``.
        seed: of the run.
        upstream: keys of the runs that have to be there first.
        weights: released weights to start from.
        data: prepared folder.
        content: digest of the folder, of the weights and of the overlays; None where not there.
        judged: keys of the evaluation alone.
    """

    kind: str
    name: str
    start: str
    bundle: str
    files: tuple[str, ...]
    keys: dict[str, Any]
    free: dict[str, Any]
    seed: int
    upstream: tuple[str, ...]
    weights: str | None
    data: str
    content: dict[str, Any]
    judged: dict[str, Any] = field(default_factory=dict)

    @property
    def released(self) -> str | None:
        """Name of the released weights' file; where it lies is no part of a result."""
        return None if self.weights is None else Path(self.weights).name

    @property
    def key(self) -> str:
        """Name of its folder: what it is, and ten digits of all that makes its result."""
        parts = ("kind", "bundle", "keys", "seed", "upstream", "content")
        made_of = {part: getattr(self, part) for part in parts}
        made_of |= {"judged": self.judged} if self.judged else {}
        text = json.dumps(made_of, sort_keys=True)
        digits = hashlib.sha256(text.encode()).hexdigest()[:10]
        words = [self.name, self.start] if self.kind == FINETUNE else [self.kind, self.name]
        if self.kind not in (PRETRAIN, FINETUNE):
            words.append(self.start)
        return f"{'-'.join(words)}-s{self.seed}-{digits}"


@dataclass(frozen=True)
class Cell:
    """One entry of an experiment: a run under the names that the experiment gives it.

    Attributes:
        experiment: its name.
        kind: of the run.
        task: None where the experiment pretrains alone.
        start: scratch, a method, a variant or released weights.
        factors: the experiment's own, defaults included.
        seed: of the run.
        key: of the run.
    """

    experiment: str
    kind: str
    task: str | None
    start: str
    factors: dict[str, Any]
    seed: int
    key: str

    @property
    def text(self) -> str:
        """All of it, the same for cells that are equal."""
        return json.dumps(asdict(self), sort_keys=True)


@dataclass(frozen=True)
class Plan:
    """All runs of a study by key, and the cells that use them.

    Attributes:
        name: of the study.
        synthetic: whether it only shows that the chain works.
        tasks: name to ``metric``.
        runs: by key, those that others need first.
        cells: in the order of the experiments.
    """

    name: str
    synthetic: bool
    tasks: dict[str, dict[str, Any]]
    runs: dict[str, Run]
    cells: tuple[Cell, ...]

    @property
    def experiments(self) -> list[str]:
        """Names, in their order."""
        return list(dict.fromkeys(cell.experiment for cell in self.cells))

    def needed(self, keys: Iterable[str]) -> list[str]:
        """Keys of runs and of all that they rest on, in the plan's order."""
        wanted: set[str] = set()
        waiting = list(keys)
        while waiting:
            if (key := waiting.pop()) not in wanted:
                wanted.add(key)
                waiting += self.runs[key].upstream
        return [key for key in self.runs if key in wanted]

    def new_runs(self) -> dict[str, list[str]]:
        """For each experiment the runs that no experiment before it has."""
        seen: set[str] = set()
        found = {}
        for name in self.experiments:
            own = self.needed(cell.key for cell in self.cells if cell.experiment == name)
            found[name] = [key for key in own if key not in seen]
            seen.update(own)
        return found

    def write(self, folder: Path) -> Path:
        """Write ``plan.json`` and return its path."""
        return write_checked(folder / PLAN, FORMAT, asdict(self))


def read_plan(folder: str | Path) -> Plan:
    """The plan of a study's folder.

    Raises:
        UserError: there is none, it was written by another version, or damaged or changed since.
    """
    path = Path(folder) / PLAN
    if not path.is_file():
        raise UserError(f"{path}: no such file; write it with `medssl study plan STUDY.yaml`")
    content = read_checked(path, FORMAT, _MEND)
    for name in (*content["runs"], *(cell["experiment"] for cell in content["cells"])):
        if not _NAME.fullmatch(name):  # they are names of files
            raise UserError(f"{path}: {name!r} is no name of a run or an experiment; {_MEND}")
    runs = {key: Run(**_tuples(run, ("files", "upstream"))) for key, run in content["runs"].items()}
    cells = tuple(Cell(**cell) for cell in content["cells"])
    return Plan(content["name"], content["synthetic"], content["tasks"], runs, cells)


def _tuples(run: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {**run, **{name: tuple(run[name]) for name in names}}

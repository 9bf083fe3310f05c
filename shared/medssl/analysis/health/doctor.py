"""``medssl doctor``: is this pretraining run healthy?"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...engines.evaluation import METRICS
from .beside import beside
from .curves import check_finite, check_stability, check_start, check_trend, check_waiting
from .findings import BAD, Finding, table
from .foreign import tell_of_foreign_code
from .held_out import HeldOut, measure
from .reference import HEALTH, Reference, load_reference
from .run_folder import RunRecord, bundle_of, check_pretrains, read_run
from .scores import check_chance, check_collapse, check_skill

SKILLS = ("skill", "retrieval_skill")
WIDTH = 100


@dataclass(frozen=True)
class Diagnosis:
    """All findings on one run.

    ``damage`` has a line for each fault of its files; ``held_out`` are the figures of its latest
    validation with a skill, or of its evaluation.
    """

    run: Path
    bundle: str
    steps: int
    findings: tuple[Finding, ...]
    damage: tuple[str, ...] = ()
    held_out: Mapping[str, float] = field(default_factory=dict)

    @property
    def healthy(self) -> bool:
        """No finding is bad, and no file damaged."""
        return not self.damage and all(finding.verdict != BAD for finding in self.findings)

    def __str__(self) -> str:
        head = f"{self.run}: {self.bundle}, {self.steps} steps"
        faults = [f"{BAD}: {line}" for line in self.damage]
        return "\n".join([head, *faults, table(self.findings), *self._beside()])

    def _beside(self) -> list[str]:
        """Every held-out figure with those of the trivial answers."""
        rows = beside(self.held_out)
        if not rows:
            return []
        lines = ["", "held-out figures; beside them answers that need no learning:"]
        for row in rows:
            lines += textwrap.wrap(str(row), WIDTH, subsequent_indent="    ")
        return lines


def diagnose(
    folder: str | Path,
    data: str | Path | None = None,
    bundle: str | Path | None = None,
    bundles: str | Path | None = None,
    crops: int = 64,
) -> Diagnosis:
    """Check a pretraining run against its bundle's ``docs/health.json``.

    Args:
        folder: ``output_dir`` of the run, finished or not.
        data: prepared folder; its validation split is put through the network, for collapse.
        bundle: folder of the run's bundle; by default the one with the nearest ``train.json``.
        bundles: folder to look for it in.
        crops: held-out samples to look at.

    Raises:
        UserError: no run there, or that of a task; no bundle for it, or unreadable data.
    """
    run = read_run(folder)
    check_pretrains(run)
    home = bundle_of(run, bundles) if bundle is None else Path(bundle)
    tell_of_foreign_code(run, home)
    reference = load_reference(home / "docs" / HEALTH, run)
    due = run.finished if reference.learns_by is None else run.steps >= reference.learns_by
    held_out = None if data is None else measure(run, home, data, crops)
    findings = [
        check_finite(run.losses),
        check_start(run.losses, reference.start_loss),
        check_trend(run.losses, reference.loss_falls, due),
        check_stability(run.losses, reference.loss_falls),
        *_chance(run, reference, due),
        *_features(run, reference, held_out),
        *_skills(run, due),
        check_waiting(run.times),
    ]
    return Diagnosis(
        run.folder, home.name, run.steps, tuple(findings), run.damage, run.latest_with("skill")
    )


def _chance(run: RunRecord, reference: Reference, due: bool) -> list[Finding]:
    """Of a run without a skill, which asks more: more than guessing, and of whole scans."""
    if "skill" in run.latest_with("skill"):
        return []
    return [
        check_chance(name, run.latest(name), level, due)
        for name, level in reference.metrics.items()
    ]


def _features(run: RunRecord, reference: Reference, held_out: HeldOut | None) -> list[Finding]:
    if held_out is not None:
        return check_collapse(held_out.spread, held_out.effective_rank)
    if not reference.collapse:
        return []
    return check_collapse(run.latest("spread"), run.latest("effective_rank"))


def _skills(run: RunRecord, due: bool) -> list[Finding]:
    """Of the latest validation with a skill; a method that does two things has two.

    Those of an evaluation, which may be of another split or epoch, stand beside them.
    """
    found = run.latest_with("skill")
    names = [name for name in SKILLS if name == "skill" or name in found]
    validated = [check_skill(found, name, due) for name in names]
    if found is run.evaluation:
        return validated
    evaluated = [name for name in SKILLS if name in run.evaluation]
    return validated + [
        replace(check_skill(run.evaluation, name, due), check=f"{name}, {METRICS}")
        for name in evaluated
    ]

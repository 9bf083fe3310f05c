"""From the settings of a study to its runs: a pure function, and what a run shares is one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from .blocks import BLOCK, MEASURES, Block, check_block, levels
from .catalogue import SCRATCH, Catalogue, Learner, read_catalogue
from .runs import FINETUNE, PRETRAIN, Cell, Plan, Run
from .settings import Settings

Digests = Mapping[str, str | None]


def make_plan(
    settings: Settings, digests: Digests, where: str = "study", bundles: Path | None = None
) -> Plan:
    """All runs of a study, each once, and the cells of its experiments.

    A cell that several blocks of an experiment have is there once. The i-th seed of fine-tuning
    starts from the i-th of ``pretrain_seeds``, which are begun anew where there are fewer; those
    beyond the seeds take no part. ``subset_seed``, if there is one, draws the labelled subset of
    all seeds.

    Args:
        settings: as :func:`~.settings.read_settings` gives them.
        digests: of the prepared folders and of released weights, by their names in the study; a
            missing one is None, and its runs get other keys when it is there.
        where: what messages call the study.
        bundles: folder of the bundles; by default the one beside the installed library.

    Raises:
        UserError: a name or a key that leads nowhere, whose message names the nearest one, or a
            part of the settings that no run would come of.
    """
    catalogue = read_catalogue(settings, where, bundles)
    planner = _Planner(settings, catalogue, digests, where)
    cells: dict[str, Cell] = {}
    for name, blocks in settings["experiments"].items():
        for block in blocks if isinstance(blocks, list) else [blocks]:
            cells |= {cell.text: cell for cell in planner.cells(name, block)}
    tasks = {name: {"metric": task.metric} for name, task in catalogue.tasks.items()}
    synthetic = bool(settings.get("synthetic", False))
    return Plan(settings["name"], synthetic, tasks, planner.runs, tuple(cells.values()))


@dataclass
class _Planner:
    settings: Settings
    catalogue: Catalogue
    digests: Digests
    where: str
    runs: dict[str, Run] = field(default_factory=dict)

    def cells(self, experiment: str, block: Block) -> Iterator[Cell]:
        """The cells of one block of an experiment."""
        where = f"{self.where}: experiments: {experiment}"
        check_block(block, self.catalogue, where)
        starts, tasks = block["start"], block.get("task", [None])
        measures = block.get("measure", [])
        seeds = block.get("seeds", self.settings["seeds"])
        for place, seed in enumerate(seeds):
            for factors in levels(block):
                for task, start in product(tasks, starts):
                    for kind, key in self._runs(task, start, factors, seed, place, measures, where):
                        yield Cell(experiment, kind, task, start, factors, seed, key)

    def _runs(
        self,
        task: str | None,
        start: str,
        factors: Mapping[str, Any],
        seed: int,
        place: int,
        measures: Sequence[str],
        where: str,
    ) -> Iterator[tuple[str, str]]:
        """The run of a cell, and what is measured on it."""
        first: list[int] = self.settings.get("pretrain_seeds") or self.settings["seeds"]
        if task is None:
            yield PRETRAIN, self._pretrain(start, first[place % len(first)], factors, where)
            return
        source = None
        if start in self.catalogue.methods:
            source = self._pretrain(start, first[place % len(first)], {}, where)
        learner, upstream = self.catalogue.tasks[task], () if source is None else (source,)
        subset = {"subset_seed": self.settings.get("subset_seed")}
        keys = {**(subset if "subset_seed" in learner.bundle.config else {}), **factors}
        tuned = self._add(FINETUNE, learner, start, keys, seed, upstream, where)
        yield FINETUNE, tuned
        for name in measures:
            before, after = MEASURES[name]
            if before and start == SCRATCH:
                continue  # nothing was learnt before
            on = (*((tuned,) if after else ()), *upstream)
            yield name, self._add(name, learner, start, {}, seed, on, where)

    def _pretrain(self, start: str, seed: int, keys: Mapping[str, Any], where: str) -> str:
        return self._add(PRETRAIN, self.catalogue.methods[start], start, keys, seed, (), where)

    def _add(
        self,
        kind: str,
        learner: Learner,
        start: str,
        factors: Mapping[str, Any],
        seed: int,
        upstream: tuple[str, ...],
        where: str,
    ) -> str:
        """Take a run up, unless it is there, and return its key."""
        bundle = learner.bundle
        bundle.check(factors, where, BLOCK)
        keys, free = bundle.sort_out({**learner.keys, **factors})
        weights = self.catalogue.weights.get(start) if kind != PRETRAIN else None
        content = {
            "data": self.digests.get(learner.data),
            "overlays": list(bundle.overlays),
            "weights": None if weights is None else self.digests.get(start),
        }
        folder = self.settings["data"][learner.data]
        what = (kind, learner.name, start, bundle.name, bundle.files, keys, free, seed, upstream)
        run = Run(*what, weights=weights, data=folder, content=content, judged=learner.judged)
        return self._keep(run)

    def _keep(self, run: Run) -> str:
        self.runs.setdefault(run.key, run)
        return run.key

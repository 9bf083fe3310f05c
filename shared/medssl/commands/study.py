"""``medssl study``: many runs from one YAML file."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import UserError
from .words import several


class Study:
    """Plan a study, run it, resume it; see docs/how-to/study.md."""

    def __init__(self, check: Callable[[Sequence[str]], object]) -> None:
        self._check = check  # of a command line's words: it raises where they are wrong

    def plan(
        self,
        study: str,
        data: str | None = None,
        output: str | None = None,
        only: str | None = None,
    ) -> None:
        """Say what a study consists of and write its plan.json; nothing is run.

        Args:
            study: YAML file.
            data: folder beneath which the study's data lie; by default this one.
            output: folder of the study; by default runs/study/NAME.
            only: experiments to count, such as table3,fig2; by default all.
        """
        from ..study.summary import write_plan

        found, folder, summary = write_plan(study, data, output, _names(only))
        print(summary)
        print(f"\nwritten: {folder / 'plan.json'}, {len(found.runs)} runs")

    def cost(
        self,
        study: str,
        data: str | None = None,
        output: str | None = None,
        only: str | None = None,
        steps: int = 10,
    ) -> None:
        """Time a few steps of each kind of training of a study, and say what all of it will cost.

        Args:
            study: YAML file.
            data: folder beneath which the study's data lie; by default this one.
            output: folder of the study; by default runs/study/NAME.
            only: experiments, such as table3,fig2; by default all.
            steps: to time, 2 or more.
        """
        from ..analysis.estimate import refuse_few
        from ..study.cost import measure_costs, say_costs
        from ..study.summary import write_plan

        refuse_few(steps)
        names = _names(only)
        found, folder, _ = write_plan(study, data, output, names)
        cells = [cell.key for cell in found.cells if not names or cell.experiment in names]
        keys = found.needed(cells)
        print(say_costs(measure_costs(found, keys, folder, steps), keys, found))

    def start(
        self,
        study: str,
        data: str | None = None,
        output: str | None = None,
        only: str | None = None,
        profile: str = "local",
        cores: int = 1,
        gpus: int | None = None,
        dry_run: bool = False,
        warm: bool = False,
        kept: str | None = None,
    ) -> None:
        """Run what is missing of a study, by Snakemake; started again, it goes on.

        Args:
            study: YAML file.
            data: folder beneath which the study's data lie; by default this one.
            output: folder of the study; by default runs/study/NAME.
            only: experiments, such as table3,fig2; by default all.
            profile: local, slurm, kubernetes, or a folder with a profile of your own.
            cores: runs at once on this machine.
            gpus: of each run; by default 1, locally 0 where there is none.
            dry_run: say what would be run.
            warm: fork runs from one process that has everything imported; for tiny ones on CPUs.
            kept: folder of results that were kept; they are not run again, and new ones are added.
        """
        from ..study.keep import bring
        from ..study.start import start
        from ..study.summary import refuse_missing_data, write_plan

        _refuse_fewer("cores", cores, 1)
        _refuse_fewer("gpus", 0 if gpus is None else gpus, 0)
        names = _names(only)
        found, folder, summary = write_plan(study, data, output, names)
        print(summary, flush=True)
        refuse_missing_data(found, names)
        if kept is not None:
            there = "" if Path(kept).is_dir() else ", which is not there yet"
            print(f"{len(bring(kept, folder))} results brought from {kept}{there}", flush=True)
        each = _gpus(profile) if gpus is None else gpus
        status = start(folder, names, profile, cores, each, dry_run, warm)
        if not dry_run:
            try:
                self.report(str(folder))
            finally:
                if kept is not None:
                    self.keep(str(folder), kept)
        sys.exit(status)

    def report(self, folder: str) -> None:
        """Write what a study has found so far: store/*.parquet and the pages of report/.

        Args:
            folder: of the study.
        """
        from ..study.report import write_report

        print(f"report: {write_report(folder)}")

    def keep(self, folder: str, place: str) -> None:
        """Copy figures and pictures (up to 1 MB each) of all finished runs to where they are kept.

        Args:
            folder: of the study.
            place: folder to keep them in, for instance under version control.
        """
        from ..study.keep import keep

        print(f"{len(keep(folder, place))} new results kept in {place}")

    def prepare(
        self,
        words: str,
        shards: int,
        output: str = "runs/study/prepare",
        profile: str = "local",
        cores: int = 1,
        dry_run: bool = False,
    ) -> None:
        """Prepare a large data set in shards, each a job, and merge them.

        Args:
            words: behind `medssl prepare`, in quotes: "luna16 --source DIR --output OUT".
            shards: how many.
            output: folder for the engine's notes; one for each data set.
            profile: local, slurm, kubernetes, or a folder with a profile of your own.
            cores: jobs at once on this machine.
            dry_run: say what would be run.
        """
        from ..study.shards import prepare_in_shards

        _refuse_fewer("cores", cores, 1)
        try:
            given = shlex.split(words)
        except ValueError as error:
            raise UserError(f"{words}: {error}; close the quotation") from error
        self._check(["prepare", *given])
        folder = Path(output).absolute()
        sys.exit(prepare_in_shards(given, shards, folder, profile, cores, dry_run))

    def run(self, key: str, folder: str) -> None:
        """Do one run of a plan, unless it is done.

        Args:
            key: of the run, as plan.json has it.
            folder: of the study.
        """
        from ..study.launch import launch

        launch(folder, key)


def _names(text: str | None) -> list[str]:
    return [] if text is None else several("--only", text)


def _refuse_fewer(flag: str, value: int, least: int) -> None:
    """Refuse what Snakemake would wait for, or hand on."""
    if value < least:
        raise UserError(f"--{flag}: {value}, expected a whole number, {least} or more")


def _gpus(profile: str) -> int:
    from ..study.profiles import is_local
    from ..study.start import study_folder

    if not is_local(profile, study_folder()):
        return 1
    import torch

    return int(torch.cuda.is_available())

"""Commands of ``medssl analyse`` on finished runs."""

from __future__ import annotations

from pathlib import Path

from .answers import keep, refuse_others


class AnalyseRuns:
    """What runs have come to, and how they compare."""

    def outcomes(
        self,
        run: str,
        data: str,
        output: str,
        split: str = "test",
        fold: int | None = None,
        candidates: str = "candidates.csv",
    ) -> None:
        """Write one CSV row for each case, class and metric of an evaluation, with its patient.

        Args:
            run: output_dir or report_dir of an evaluation, of any task.
            data: prepared folder that it ran on.
            output: CSV file to write: case, patient, label, metric, value.
            split: the one evaluated.
            fold: number of the leave-some-out fold, if there is one.
            candidates: table with the classes of candidates.
        """
        from ..analysis.outcomes import read_outcomes, refuse_others, write_outcomes

        refuse_others(Path(output))
        found = read_outcomes(run, data, split, fold, candidates)
        write_outcomes(found, Path(output))
        print(f"written: {output}, {len(found)} outcomes")

    def compare(
        self,
        *arms: str,
        data: str,
        metric: str = "dice",
        label: str | None = None,
        baseline: str = "scratch",
        split: str = "test",
        fold: int | None = None,
        candidates: str = "candidates.csv",
        json: str | None = None,
        picture: str | None = None,
    ) -> None:
        """Compare ways of training over runs and patients, each with a baseline, and say a verdict.

        Args:
            arms: NAME=RUN, the evaluation of one run; name an arm again for each of its runs, in
                the same order of seeds, scratch=runs/a0 scratch=runs/a1 mg=runs/b0 mg=runs/b1;
                NAME@LABELS=RUN, such as mg@20=runs/c0, to compare areas under label curves.
            data: prepared folder that they were evaluated on.
            metric: such as dice, auc, correct for the accuracy, or hd95, of which lower is better.
            label: class to compare in; by default the mean over classes.
            baseline: arm that the others are compared with.
            split: the one evaluated.
            fold: number of the leave-some-out fold, if there is one.
            candidates: table with the classes of candidates.
            json: file to write the figures to as well.
            picture: file for the differences, png, svg or pdf.
        """
        refuse_others(json, picture)
        from ..analysis.run_comparison import compare_runs, draw_comparison

        found = compare_runs(arms, data, metric, label, baseline, split, fold, candidates)
        print(found)
        keep(found.record(), json)
        if picture is not None:
            draw_comparison(found, Path(picture))

    def hard_easy(
        self,
        *arms: str,
        groups: str,
        data: str,
        metric: str = "dice",
        label: str | None = None,
        baseline: str = "scratch",
        limit: float = 0.4,
        split: str = "test",
        fold: int | None = None,
        json: str | None = None,
    ) -> None:
        """Compare ways of training among hard and among easy cases, told by an independent run.

        Args:
            arms: NAME=RUN for each run, as for compare.
            groups: evaluation that tells the groups, such as of scratch with a seed of its own;
                none of those compared.
            data: prepared folder that they were evaluated on.
            metric: that is compared, and tells the groups.
            label: class; by default the mean over classes.
            baseline: arm that the others are compared with.
            limit: cases that are worse are hard: below it, or above it where lower is better.
            split: the one evaluated.
            fold: number of the leave-some-out fold, if there is one.
            json: file to write the figures to as well.
        """
        refuse_others(json)
        from ..analysis.hard_easy import compare_groups

        given = metric, label, baseline, limit, split, fold
        found = compare_groups(arms, groups, data, *given)
        print(found)
        keep(found.record(), json)

    def convergence(
        self,
        *runs: str,
        metric: str,
        shares: float | tuple[float, ...] = (0.5, 0.9, 0.95),
        json: str | None = None,
        picture: str | None = None,
    ) -> None:
        """Say how fast runs learn: steps to shares of the best value, area under the curve.

        Args:
            runs: folders of runs of one task, finished or not.
            metric: of their validation: dice, auc, or mse, of which lower is better.
            shares: of the best run's best value, such as 0.5,0.9.
            json: file to write the figures to as well.
            picture: file for the curves, png, svg or pdf.
        """
        refuse_others(json, picture)
        from ..analysis.convergence import (
            compare_convergence,
            convergence_record,
            draw_convergence,
        )

        several = shares if isinstance(shares, tuple | list) else (shares,)
        found = compare_convergence(runs, metric, several)
        print(*found, sep="\n")
        keep(convergence_record(found), json)
        if picture is not None:
            draw_convergence(found, Path(picture))

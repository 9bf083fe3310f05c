"""``medssl analyse``: looking into weights and runs, one question at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fire.parser import DefaultParseValue

from ..files import write_json
from ..paths import PATHS


class Analyse:
    """Questions on weights and runs; answers go to the screen and, with --json, to a file."""

    def cka(
        self,
        first: str,
        second: str,
        data: str,
        bundle: str,
        split: str = "test",
        transfer_from: str = "online",
        json: str | None = None,
        picture: str | None = None,
        **options: Any,
    ) -> None:
        """Say how far an encoder's features have moved, level by level (linear CKA, unbiased).

        Args:
            first: weights, such as pretrained ones: bundle folder, model.pt, zip or checkpoint.
            second: weights to compare with, such as those fine-tuned from them.
            data: prepared folder of the task, with labels.
            bundle: folder of the task's bundle, whose crops are looked at.
            split: the crops' split.
            transfer_from: online, or target for the first one's moving-average network.
            json: file to write the figures to as well.
            picture: file for a heat map of all levels, png, svg or pdf.
            options: keys of the config, as on MONAI's command line (--base_channels 16).
        """
        from ..analysis.cka import draw_cka, encoder_cka

        found = encoder_cka(first, second, data, bundle, split, transfer_from, options)
        print(found)
        _keep(asdict(found), json)
        if picture is not None:
            draw_cka(found, Path(picture))

    def gradcam(
        self,
        *models: str,
        data: str,
        bundle: str,
        split: str = "test",
        layer: str = "encoder.blocks.3",
        count: int = 6,
        class_index: int | None = None,
        json: str | None = None,
        picture: str | None = None,
        **options: Any,
    ) -> None:
        """Show where trained models look (Grad-CAM), on the same objects or nodules.

        Args:
            models: trained with the bundle: model.pt files or folders of runs.
            data: prepared folder of the task, with labels.
            bundle: folder of the task's bundle.
            split: the crops' split.
            layer: of the network.
            count: crops to show.
            class_index: whose score; by default the only one, or each crop's highest.
            json: file for the share of each map in the middle of the crop, where the object is.
            picture: file for the maps, png, svg or pdf.
            options: keys of the config, as on MONAI's command line (--base_channels 16).
        """
        from ..analysis.gradcam import draw_attention, show_attention

        given = split, layer, count, class_index
        found = show_attention(models, data, bundle, *given, _read(options))
        print(found)
        _keep(found.record(), json)
        if picture is not None:
            draw_attention(found, Path(picture))

    def restored(
        self,
        *models: str,
        data: str,
        bundle: str,
        split: str = "test",
        count: int = 4,
        json: str | None = None,
        picture: str | None = None,
        **options: Any,
    ) -> None:
        """Show what pretrained networks make of the same corrupted crops.

        Args:
            models: NAME=MODEL each, such as skip=runs/mg plain=runs/mg_no_skip.
            data: prepared folder.
            bundle: pretrain_models_genesis or pretrain_autoencoder.
            split: the crops' split.
            count: crops, spread over the split.
            json: file for the errors.
            picture: file for the crops, png, svg or pdf.
            options: keys of the config, as on MONAI's command line (--crop_size "[48,48,48]").
        """
        from ..analysis.restored import draw_restored, restore_with

        found = restore_with(models, data, bundle, split, count, _read(options))
        print(found)
        _keep(found.record(), json)
        if picture is not None:
            draw_restored(found, Path(picture))

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
        from ..analysis.outcomes import read_outcomes, write_outcomes

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
                the same order of seeds: scratch=runs/a0 scratch=runs/a1 mg=runs/b0 mg=runs/b1;
                NAME@LABELS=RUN to compare areas under label curves: mg@20=runs/c0.
            data: prepared folder that they were evaluated on.
            metric: such as dice, auc, or correct for the accuracy.
            label: class to compare in; by default the mean over classes.
            baseline: arm that the others are compared with.
            split: the one evaluated.
            fold: number of the leave-some-out fold, if there is one.
            candidates: table with the classes of candidates.
            json: file to write the figures to as well.
            picture: file for the differences, png, svg or pdf.
        """
        from ..analysis.compare import compare_runs, draw_comparison

        found = compare_runs(arms, data, metric, label, baseline, split, fold, candidates)
        print(found)
        _keep(found.record(), json)
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
            limit: cases below it are hard.
            split: the one evaluated.
            fold: number of the leave-some-out fold, if there is one.
            json: file to write the figures to as well.
        """
        from ..analysis.hard_easy import compare_groups

        given = metric, label, baseline, limit, split, fold
        found = compare_groups(arms, groups, data, *given)
        print(found)
        _keep(found.record(), json)

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
            metric: of their validation, higher is better: dice, auc.
            shares: of the best run's best value, such as 0.5,0.9.
            json: file to write the figures to as well.
            picture: file for the curves, png, svg or pdf.
        """
        from ..analysis.convergence import (
            compare_convergence,
            convergence_record,
            draw_convergence,
        )

        several = shares if isinstance(shares, tuple | list) else (shares,)
        found = compare_convergence(runs, metric, several)
        print(*found, sep="\n")
        _keep(convergence_record(found), json)
        if picture is not None:
            draw_convergence(found, Path(picture))

    def theory(
        self,
        draws: int = 200_000,
        seed: int = 0,
        json: str | None = None,
        picture: str | None = None,
    ) -> None:
        """Simulate the paper's theorems 1 and 2, beside their printed and corrected forms.

        Args:
            draws: of each simulation.
            seed: of the draws.
            json: file to write the figures to as well.
            picture: file for errors and bounds, png, svg or pdf.
        """
        from ..analysis.theory import draw_theory, simulate_theory

        found = simulate_theory(draws=draws, seed=seed)
        print(found)
        _keep(found.record(), json)
        if picture is not None:
            draw_theory(found, Path(picture))


def _read(options: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and lists among options: beside words without a name, fire leaves them as text."""
    return {
        key: DefaultParseValue(value) if isinstance(value, str) and key not in PATHS else value
        for key, value in options.items()
    }


def _keep(content: Any, path: str | None) -> None:
    if path is not None:
        write_json(Path(path), content)

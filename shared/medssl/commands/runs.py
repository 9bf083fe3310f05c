"""Commands on training runs, and on the bundles themselves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ..bars import reading
from ..files import write_text
from .answers import keep, refuse_others


class Runs:
    """Trying, estimating and judging training runs."""

    def demo(self, output: str = "runs/demo", data: str | None = None) -> None:
        """Pretrain, hand over, fine-tune, compare with training from scratch, and report.

        Args:
            output: folder of the demo; report.html is written there.
            data: folder of your own scans, used as unlabelled data for pretraining.
        """
        from ..demo import run_demo

        run_demo(Path(output), None if data is None else Path(data))

    def methods(
        self, write: str | None = None, check: str | None = None, bundles: str | None = None
    ) -> None:
        """Print the table of pretraining methods, read from the bundles.

        Args:
            write: Markdown file to write it to.
            check: fail unless this file holds exactly the table.
            bundles: folder of the bundles; by default the one beside the installed library.
        """
        from ..analysis import check_page, methods_page

        page = methods_page(bundles)
        if check is not None:
            check_page(Path(check), page)
        elif write is not None:
            write_text(Path(write), page)
        else:
            print(page, end="")

    def doctor(
        self,
        run: str,
        data: str | None = None,
        bundle: str | None = None,
        bundles: str | None = None,
    ) -> None:
        """Say whether a pretraining run is healthy; exit status 1 if something is bad.

        Args:
            run: output_dir of the run, finished or not.
            data: prepared folder whose held-out crops are put through the network.
            bundle: the run's bundle; by default the one whose train.json is nearest.
            bundles: folder of the bundles; by default the one beside the installed library.
        """
        from ..analysis import diagnose

        diagnosis = diagnose(run, data, bundle, bundles)
        print(diagnosis)
        if not diagnosis.healthy:
            sys.exit(1)

    def estimate(
        self,
        config: str | list[str],
        data: str,
        steps: int = 20,
        json: str | None = None,
        **options: Any,
    ) -> None:
        """Train a few steps in a temporary folder and work out time, memory and disk.

        Args:
            config: a bundle's folder, its train.json, or a list of configs to merge.
            data: prepared folder.
            steps: steps to time.
            json: file to write the figures to as well.
            options: keys of the config, as on MONAI's command line (--batch_size 8).
        """
        refuse_others(json)
        reading(data)
        from ..analysis import estimate

        found = estimate(config, data, steps, options)
        print(found)
        if json is not None:
            keep(found.record(), json)

    def plan(
        self,
        data: str,
        output: str | None = None,
        hours: float | None = None,
        pretrained: str | None = None,
        fold: int | None = None,
    ) -> None:
        """Settings of volume_segmentation for prepared data and this machine, with their reasons.

        Args:
            data: prepared folder with label maps.
            output: overlay to write; by default plan.json in the folder, of a fold plan_fold0.json.
            hours: that the training may take; by default 1 on a CPU, 12 on a GPU.
            pretrained: weights to start from, whose width is taken.
            fold: number of the fold that will be trained, of a folder prepared with --folds.
        """
        reading(data)
        from ..analysis.plan import check_place, make_plan, overlay_name

        path = Path(output or Path(data) / overlay_name(fold))
        check_place(path)
        found = make_plan(data, hours, pretrained, fold)
        print(found)
        found.write(path)
        print(f"\nwritten: {path}; train with it:\n  {found.command(path, pretrained)}")

    def control(
        self,
        bundle: str,
        output: str | None = None,
        steps: int = 2000,
        smoothing: float | tuple[float, ...] = (0.7, 1.0, 1.4),
        native_mm: tuple[float, ...] | tuple[tuple[float, ...], ...] = (
            (0.7, 0.7, 2.5),
            (0.7, 0.7, 1.25),
            (1.0, 1.0, 1.0),
        ),
        **options: Any,
    ) -> None:
        """Train a pretext task on pure noise; exit status 1 if it is solved above chance.

        Args:
            bundle: folder of a bundle that predicts classes.
            output: folder to keep noise and run in; by default nothing is kept.
            steps: training steps.
            smoothing: widths of the noise's Gaussian filter in native voxels, such as 0.7,1,1.4.
            native_mm: voxel sizes of the noise before it is resampled to 1 mm, such as 0.7,0.7,2.5
                or "[[0.7,0.7,2.5],[1,1,1]]"; one training for each.
            options: keys of the config, as on MONAI's command line (--gap 0).
        """
        from ..analysis import run_control

        control = run_control(bundle, output, steps, smoothing, options, native_mm)
        print(control)
        if control.shortcut:
            sys.exit(1)

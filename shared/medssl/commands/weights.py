"""Commands on pretrained and fine-tuned weights."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .answers import keep, refuse_others
from .words import several


class Weights:
    """What weights fit, what they have seen, and what they know."""

    def transfer(
        self,
        source: str,
        base_channels: int | None = None,
        parts: str = "auto",
        transfer_from: str = "online",
    ) -> None:
        """Say what of a pretrained weight file fits the 3D U-Net, without training anything.

        Args:
            source: bundle folder, model.pt, released zip, safetensors or foreign checkpoint.
            base_channels: width of the network it should fit; default the source's, as far as its
                provenance.json says so, else 32.
            parts: auto, encoder or decoder.
            transfer_from: online, or target for the moving-average network of BYOL.
        """
        from ..networks import UNet3D
        from ..transfer import network_of, transfer

        width = base_channels or network_of(source).get("base_channels", 32)
        network = UNet3D(base_channels=width)
        print(transfer(source, network, parts, transfer_from).summary())

    def audit(
        self,
        source: str,
        data: str,
        split: str = "test",
        transfer_from: str = "online",
        fold: int | None = None,
    ) -> None:
        """Say which scans of a task's test split pretrained weights have seen; 1 if there are any.

        Args:
            source: bundle folder, model.pt or released zip, with its provenance.json.
            data: the task's prepared folder.
            split: the split to compare.
            transfer_from: online, or target for the moving-average network of BYOL.
            fold: number of a leave-some-out fold, whose split is compared; default the one split.
        """
        from ..transfer import audit

        report = audit(source, data, split, transfer_from, fold)
        print(report)
        if report.overlaps:
            sys.exit(1)

    def probe(
        self,
        source: str,
        data: str,
        bundle: str,
        split: str = "test",
        transfer_from: str = "online",
        json: str | None = None,
        **options: Any,
    ) -> None:
        """Judge pretrained weights by a linear probe and nearest neighbours, without fine-tuning.

        Ahead of the scores stands which of the scans they have seen.

        Args:
            source: bundle folder, model.pt, released zip, safetensors or foreign checkpoint.
            data: prepared folder of the task, with labels.
            bundle: folder of the task's bundle: its objects are told from background, or its
                nodules from other candidates.
            split: the split to judge on.
            transfer_from: online, or target for the moving-average network of BYOL.
            json: file to write the scores to as well.
            options: keys of the config, as on MONAI's command line (--base_channels 16).
        """
        refuse_others(json)
        from ..analysis import probe_task
        from ..transfer import audit

        print(audit(source, data, split, transfer_from, options.get("fold")))
        found = probe_task(source, data, bundle, split, transfer_from, options)
        print(found)
        if json is not None:
            keep(asdict(found), json)

    def advise(
        self,
        task: str,
        labels: int,
        imbalance: float | None = None,
        patch: tuple[int, ...] | None = None,
        own: str | None = None,
    ) -> None:
        """Say what to pretrain with, hand over and watch, with the evidence and how sure it is.

        Args:
            task: segmentation or classification.
            labels: labelled cases for training.
            imbalance: rare cases, or voxels, for each frequent one, such as 0.05.
            patch: voxels that the task trains on, such as 64,64,32.
            own: folder of a study, or JSON of `medssl analyse compare`, whose findings go first;
                of several, with commas.
        """
        from ..analysis.advice import Advice, advise

        words = [] if own is None else several("--own", own, os.path.realpath)
        studies = [word for word in words if Path(word).is_dir()]
        found = advise(task, labels, imbalance, patch, [w for w in words if w not in studies])
        if studies:
            from ..study.advice import study_advice

            own_lines = [line for study in studies for line in study_advice(study, task, labels)]
            found = Advice((*own_lines, *found.lines))
        print(found)

    def recollect_bn(
        self, config: str | list[str], data: str, model: str, output: str, **options: Any
    ) -> None:
        """Give a trained model the batch-norm statistics of the training data alone.

        Args:
            config: a bundle's folder, its train.json, or a list of configs to merge.
            data: prepared folder.
            model: trained weights, model.pt; not changed.
            output: file to write, such as model_tbs.pt; distances by layer go beside it as JSON.
            options: keys of the config, as on MONAI's command line (--base_channels 16).
        """
        from ..analysis import recollect_model

        print(recollect_model(config, data, model, output, options))

"""``medssl probe``: does an encoder tell objects from background, nodules from the rest?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .probe import Probe, compare
from .task_crops import open_task


def probe_task(
    source: str | Path,
    data: str | Path,
    bundle: str | Path | Sequence[str],
    split: str = "test",
    transfer_from: str = "online",
    overrides: Mapping[str, Any] | None = None,
) -> Probe:
    """Probe pretrained weights on a task's crops, without training a network.

    A segmentation task's objects against background, or a classification task's nodules against
    other candidates.

    Crop size and HU window are the bundle's, the network's width and the fold the source's as far
    as its ``provenance.json`` says so. Batch norm uses its running statistics, so that a crop's
    features do not depend on its batch.

    Args:
        source: bundle folder, model.pt, released zip, safetensors or foreign checkpoint.
        data: the task's prepared folder, with voxels as the source's unless ``spacing`` is given;
            the classifiers are fitted on its training split.
        bundle: folder of the task's bundle, its train.json, or a list of configs to merge.
        split: the split to judge on.
        transfer_from: "online", or "target" for the moving-average network of BYOL.
        overrides: keys of the config, as on MONAI's command line.

    Raises:
        UserError: unreadable input, a pretraining bundle, weights that do not fit, scans or keys
            that contradict them, or too few patients.
    """
    task = open_task(source, data, bundle, overrides)
    training, test = task.batches("training"), task.batches(split)
    return compare(task.network(), source, training, test, transfer_from, task.seed)

"""``medssl recollect-bn``: the batch-norm statistics of a task's own training data."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..engines import BatchNormShift, RecollectBN, Trained
from ..engines.running import task_of
from ..engines.trained import refuse_contradictions, refuse_other_task
from ..errors import UserError
from ..weights import weight_file
from .bundles import override, read_config


def recollect_model(
    config: str | Path | Sequence[str],
    data: str | Path,
    model: str | Path,
    output: str | Path,
    overrides: Mapping[str, Any] | None = None,
) -> BatchNormShift:
    """Run one epoch of a bundle's training crops, unaugmented, through a trained model.

    What the ``provenance.json`` beside the model knows, such as ``base_channels``, is taken over.

    Args:
        config: a bundle's folder, its train.json, or a list of configs to merge.
        data: prepared folder.
        model: weights of the config's network, ``model.pt``; not changed.
        output: file for the same weights with new statistics; the distances go to a JSON file of
            the same name beside it.
        overrides: keys of the config, as on MONAI's command line.

    Returns:
        How far the statistics moved, by layer.

    Raises:
        UserError: no such config, key or model, a model of another task, a key that contradicts it,
            ``output`` is ``model``, unreadable data, scans prepared unlike those of the training,
            or a network that does not use running statistics.
    """
    if Path(output).suffix != ".pt" or Path(output).absolute() == weight_file(model).absolute():
        raise UserError(f"--output: {output}, expected a .pt file other than --model")
    parser = read_config(config)
    trained = Trained(model)
    refuse_other_task(trained, task_of(Path(parser["bundle_root"])))
    refuse_contradictions(trained, overrides or {})
    known = {key: value for key, value in trained.known.items() if key in parser.config}
    override(parser, {**known, **(overrides or {})})
    with tempfile.TemporaryDirectory() as scratch:
        override(parser, {"dataset_dir": str(data), "output_dir": scratch})
        parser.get_parsed_content("initialize", default=None)
        keys = ("batch_size", "device", "seed", "num_workers")
        return RecollectBN(
            network=parser.get_parsed_content("network_def"),
            dataset=parser.get_parsed_content("train#dataset"),
            prepare_batch=parser.get_parsed_content("validate#prepare_batch"),
            model=model,
            output=output,
            **{key: parser.get_parsed_content(key) for key in keys},
        )()

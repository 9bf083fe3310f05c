"""A model file with the batch-norm statistics of the target data."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from ignite.engine import Engine, Events
from monai.engines import Evaluator
from torch import Tensor, distributed, nn
from torch.utils.data import Dataset

from ..errors import UserError
from ..files import sha256_of, write_json
from ..ranks import is_main
from ..store import identify
from ..weights import load_exactly, read_weights, save_torch, weight_file
from .batch_norm import BatchNormShift, recollect_bn
from .provenance import DERIVED, DERIVED_DATA, PROVENANCE, STATISTICS, check_sha256, read_record
from .sampling import stream_loader
from .trained import Trained, refuse_other_scans


class RecollectBN:
    """Write a copy of a model file whose batch-norm statistics are those of the target data.

    Attached to a trainer it works when training is completed; attached to an evaluator, ahead of
    the ``LoadModel`` that reads its ``output``, before the evaluation. The network itself is left
    alone: a copy of it takes the weights of ``model``, which are those of the best epoch and not
    those of the last. Beside ``output`` a JSON file of the same name holds the distances, and
    ``provenance.json`` what is known of ``model``, and which scans the statistics are of: an audit
    counts them as seen.

    Args:
        network: the unwrapped network of ``model``.
        dataset: training data set, with its items as ``data``; one epoch of it is used, shuffled.
        prepare_batch: gives network inputs, without augmentation.
        batch_size: samples per batch and rank, as in training.
        model: weights to start from, ``model.pt``, or the folder of a run or bundle.
        output: file to write, for example ``model_tbs.pt``.
        device: where to compute.
        seed: of the order of the samples.
        num_workers: of the loader.

    Raises:
        UserError: when it runs: ``model`` does not fit or is not what its provenance says, the
            scans were prepared unlike those of its training, the folder of ``output`` is that of
            other weights, or see :func:`~.batch_norm.recollect_bn`.
    """

    def __init__(
        self,
        network: nn.Module,
        dataset: Dataset[Any],
        prepare_batch: Callable[..., Any],
        batch_size: int,
        model: str | Path,
        output: str | Path,
        device: torch.device | str = "cpu",
        seed: int = 0,
        num_workers: int = 0,
    ) -> None:
        self.network, self.dataset, self.prepare_batch = network, dataset, prepare_batch
        self.items: Sequence[Mapping[str, Any]] = dataset.data  # type: ignore[attr-defined]
        self.model, self.output = weight_file(model), Path(output)
        self.batch_size, self.seed, self.num_workers = batch_size, seed, num_workers
        self.device = torch.device(device)

    def attach(self, engine: Engine) -> None:
        """Register with a trainer or an evaluator."""
        when = Events.STARTED if isinstance(engine, Evaluator) else Events.COMPLETED
        engine.add_event_handler(when, self)

    def __call__(self) -> BatchNormShift:
        if distributed.is_available() and distributed.is_initialized():
            distributed.barrier()  # the main rank may still be writing the model
        check_sha256(self.model)
        refuse_other_scans(Trained(self.model), self.items)
        noted = _provenance(self.model, self.output)
        network = copy.deepcopy(self.network).to(self.device)
        load_exactly(network, read_weights(self.model), self.model)
        shift = recollect_bn(network, self._inputs())
        if is_main():
            state = network.state_dict()
            save_torch(self.output, {name: v.cpu().contiguous() for name, v in state.items()})
            source = {"model": str(self.model), "batch_size": self.batch_size}
            write_json(self.output.with_suffix(".json"), {**source, **shift.as_dict()})
            if noted:
                noted[DERIVED][self.output.name] = sha256_of(self.output)
                noted[DERIVED_DATA][self.output.name] = {STATISTICS: _further(self.items, noted)}
                write_json(self.output.parent / PROVENANCE, noted)
        return shift

    def _inputs(self) -> Iterator[Tensor]:
        """One epoch; its own loader, so that a resumed run sees the same batches as any other."""
        loader = stream_loader(
            self.dataset, self.batch_size, self.seed, self.num_workers, self.device
        )
        for batch in islice(loader, len(loader)):
            yield self.prepare_batch(batch, self.device, False)[0]


def _provenance(model: Path, output: Path) -> dict[str, Any]:
    """What the folder of ``output`` is to say of its weights; empty where nobody knows."""
    record, target = model.parent / PROVENANCE, output.parent / PROVENANCE
    known = read_record(record) if record.is_file() else {}
    there = read_record(target) if target.is_file() else known
    if there.get("config_sha256") != known.get("config_sha256"):
        raise UserError(
            f"--output: {output.parent} holds weights of another run; choose a folder of its own"
        )
    beside = target.resolve() == record.resolve()
    sha256 = known.get("sha256", {}) if beside else {}
    tables = {key: {**there.get(key, {})} for key in (DERIVED, DERIVED_DATA)}
    return known and {**known, "sha256": sha256, **tables}


def _further(items: Sequence[Mapping[str, Any]], noted: Mapping[str, Any]) -> list[dict[str, str]]:
    """Those of the scans that the run itself was not trained on."""
    training = noted.get("run", {}).get("data", {}).get("training", [])
    return [scan for scan in identify(items) if scan not in training]

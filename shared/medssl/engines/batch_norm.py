"""Batch-norm statistics of the target data alone, and how far training's are from them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import update_bn

from ..errors import UserError
from ..networks import BatchStatNorm3d

PART = "encoder."


@dataclass(frozen=True)
class LayerShift:
    """Squared L2 distances of one layer's running means and running variances."""

    name: str
    mean: float
    variance: float


@dataclass(frozen=True)
class BatchNormShift:
    """How far the statistics that training left ("mixed") are from those of the target data."""

    layers: tuple[LayerShift, ...]

    @property
    def distance(self) -> float:
        """Eq. 15 of the paper: means and variances, summed over the encoder's layers."""
        return sum(s.mean + s.variance for s in self.layers if s.name.startswith(PART))

    def as_dict(self) -> dict[str, Any]:
        """Plain containers, for JSON."""
        return {"distance": self.distance, "layers": [asdict(shift) for shift in self.layers]}

    def __str__(self) -> str:
        width = max(len(shift.name) for shift in self.layers)
        rows = [f"{'layer':<{width}}  {'means':>10}  {'variances':>10}"]
        rows += [f"{s.name:<{width}}  {s.mean:10.3g}  {s.variance:10.3g}" for s in self.layers]
        return "\n".join([*rows, f"distance over the encoder (Eq. 15): {self.distance:.4g}"])


def _batch_norms(network: nn.Module) -> dict[str, _BatchNorm]:
    norms = {n: layer for n, layer in network.named_modules() if isinstance(layer, _BatchNorm)}
    if not norms:
        raise UserError("network: no batch norm in it, so there are no statistics to re-estimate")
    if any(isinstance(layer, BatchStatNorm3d) for layer in norms.values()):
        raise UserError(
            "batch_norm: 'batch' normalises by each batch and ignores running statistics, so "
            "there is nothing to re-estimate; set batch_norm to 'running'"
        )
    if not all(layer.track_running_stats for layer in norms.values()):
        raise UserError("network: a batch norm without running statistics; check network_def")
    return norms


def _average_over_ranks(norms: Iterable[_BatchNorm]) -> None:
    """Every rank has seen as many batches, so the mean of their means is that of all batches."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return
    for norm in norms:
        buffers = norm.state_dict()
        for value in (buffers["running_mean"], buffers["running_var"]):
            distributed.all_reduce(value)
            value /= distributed.get_world_size()


def recollect_bn(network: nn.Module, batches: Iterable[Tensor]) -> BatchNormShift:
    """Replace batch-norm statistics by those of the target data, in place (paper section 5.2).

    The running statistics of fine-tuning are an exponential average that began with those of
    pretraining (the paper's MBS). Here they become the plain average of the batches' means and of
    their unbiased variances (TBS), with all weights unchanged. Each layer sees what the layers
    before it make of the batch when they normalise by its own statistics, as in training.

    Args:
        network: any with batch norm; its mode and momenta stay.
        batches: network inputs ``(B, C, X, Y, Z)`` on its device, the same number on every rank;
            use equal sizes, each batch counts the same.

    Returns:
        The distance between old and new statistics, by layer.

    Raises:
        UserError: no batch norm that uses running statistics, or a layer that no batch reached;
            the network is then unchanged.
    """
    norms = _batch_norms(network)
    modes = {module: module.training for module in network.modules()}
    momenta = {norm: norm.momentum for norm in norms.values()}
    old = {name: copy.deepcopy(norm.state_dict()) for name, norm in norms.items()}
    try:
        update_bn(batches, network)
        idle = [name for name, norm in norms.items() if not norm.num_batches_tracked]
        if idle:
            raise UserError(f"batches: none reached the batch norm '{idle[0]}'; give at least one")
    except BaseException:
        for name, norm in norms.items():
            norm.load_state_dict(old[name])
        raise
    finally:
        for norm, momentum in momenta.items():
            norm.momentum = momentum
        for module, mode in modes.items():
            module.training = mode
    _average_over_ranks(norms.values())
    return BatchNormShift(tuple(_shift(name, old[name], norm) for name, norm in norms.items()))


def _shift(name: str, old: dict[str, Tensor], norm: _BatchNorm) -> LayerShift:
    new = norm.state_dict()
    mean, variance = (
        float((old[key] - new[key]).double().square().sum())
        for key in ("running_mean", "running_var")
    )
    return LayerShift(name, mean, variance)

"""The units the 3D U-Net is made of (paper appendix, "Network architecture")."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ..errors import UserError
from .layout import lies_last
from .memory import keep_freed_memory


class BatchStatNorm3d(nn.BatchNorm3d):
    """Batch norm that normalises with the statistics of the current batch in eval mode too.

    It repeats the published network's behaviour, with one difference: evaluating never changes
    the running buffers. A prediction depends on its batch mates, so this is an option and not the
    default.
    """

    def forward(self, input: Tensor) -> Tensor:
        if self.training:
            return F.batch_norm(
                input,
                self.running_mean,
                self.running_var,
                self.weight,
                self.bias,
                True,
                0.1,
                self.eps,
            )
        return F.batch_norm(input, None, None, self.weight, self.bias, True, 0.1, self.eps)


NORMS: dict[str, type[nn.BatchNorm3d]] = {"running": nn.BatchNorm3d, "batch": BatchStatNorm3d}


def make_norm(kind: str, channels: int) -> nn.BatchNorm3d:
    """Return the batch norm called ``kind``: "running" (ordinary) or "batch" (batch statistics).

    Raises:
        UserError: for another name.
    """
    if kind not in NORMS:
        raise UserError(f"batch_norm: expected one of {sorted(NORMS)}, got '{kind}'")
    return NORMS[kind](channels)


class ConvUnit(nn.Module):
    """Convolution 3x3x3 with bias, batch norm, ReLU; keeps the spatial shape."""

    def __init__(self, in_channels: int, out_channels: int, batch_norm: str) -> None:
        super().__init__()
        self.conv = nn.Conv3d(in_channels, out_channels, kernel_size=3, padding=1)
        self.norm = make_norm(batch_norm, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.norm(self.conv(x)))


class ConvBlock(nn.Module):
    """Two :class:`ConvUnit` in a row."""

    def __init__(
        self, in_channels: int, mid_channels: int, out_channels: int, batch_norm: str
    ) -> None:
        super().__init__()
        self.unit1 = ConvUnit(in_channels, mid_channels, batch_norm)
        self.unit2 = ConvUnit(mid_channels, out_channels, batch_norm)

    def forward(self, x: Tensor) -> Tensor:
        return self.unit2(self.unit1(x))


def initialise(module: nn.Module) -> None:
    """Kaiming-normal weights (fan in) and zero biases for convolutions and linear layers.

    Source: He et al. 2015, the "random init" baseline of the paper's Table 3. Batch norm keeps
    weight 1 and bias 0.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv3d | nn.ConvTranspose3d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, a=0.0, mode="fan_in")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def synchronise_batch_norm(network: nn.Module) -> nn.Module:
    """Turn every batch norm into ``SyncBatchNorm``: statistics of the joint batch of all ranks.

    Parameters, buffers and their names stay.

    Raises:
        UserError: the network normalises with batch statistics in eval mode too, which
            ``SyncBatchNorm`` does not.
    """
    if any(isinstance(module, BatchStatNorm3d) for module in network.modules()):
        raise UserError(
            "sync_batch_norm: needs batch_norm 'running', got 'batch'; change one of the two"
        )
    return nn.SyncBatchNorm.convert_sync_batchnorm(network)


def place(
    network: nn.Module,
    device: torch.device | str,
    channels_last: bool | str = False,
    sync_batch_norm: bool = False,
) -> nn.Module:
    """Move ``network`` to ``device`` in place; on a CPU, :func:`keep_freed_memory`.

    Args:
        network: any network.
        device: where to.
        channels_last: lay out the weights channels-last, see :func:`~.layout.lies_last`.
        sync_batch_norm: see :func:`synchronise_batch_norm`; for training on several GPUs.

    Raises:
        UserError: batch norm cannot be synchronised on the CPU or for this network, or an unknown
            ``channels_last``.
    """
    if torch.device(device).type == "cpu":
        keep_freed_memory()
    if sync_batch_norm:
        if torch.device(device).type == "cpu":
            raise UserError("sync_batch_norm: needs CUDA devices; set it to false")
        network = synchronise_batch_norm(network)
    if lies_last(channels_last, device):
        return network.to(device=device, memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    return network.to(device)

"""What this machine can do in a training step."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ...losses import ClassLoss
from ...networks import UNet3D
from ...processes import usable_cpus

_STEPS = 3  # timed, after one that is not
GIB = 2**30


@dataclass(frozen=True)
class Machine:
    """Where a training would run.

    Attributes:
        device: ``cuda`` or ``cpu``.
        name: of the GPU, or how many cores this process may use, and the memory.
        memory: bytes that there are.
        busy: other programs take its cores at the moment.
    """

    device: str
    name: str
    memory: int
    busy: bool = False

    @property
    def gpu(self) -> bool:
        """Whether it has one."""
        return self.device == "cuda"


def this_machine() -> Machine:
    """The first GPU, or the cores and the memory of this machine."""
    if torch.cuda.is_available():
        found = torch.cuda.get_device_properties(0)
        name = f"{found.name}, {found.total_memory / GIB:.0f} GiB"
        return Machine("cuda", name, found.total_memory)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    busy = hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.5 * usable_cpus()
    return Machine("cpu", f"{usable_cpus()} CPU core(s), {memory / GIB:.0f} GiB", memory, busy)


def step_seconds(
    crop_size: Sequence[int],
    batch_size: int,
    base_channels: int,
    in_channels: int,
    classes: Sequence[Sequence[int]],
    device: str,
) -> float:
    """Shortest time of a few training steps of the network, without data and augmentation.

    Args:
        crop_size: voxels x, y, z.
        batch_size: crops.
        base_channels: width of the network.
        in_channels: of the scans.
        classes: label values of each class.
        device: ``cuda`` or ``cpu``.
    """
    loss = ClassLoss(classes)
    outputs = loss.out_channels
    network = UNet3D(in_channels, outputs, base_channels=base_channels).to(device)
    optimiser = torch.optim.AdamW(network.parameters())
    image = torch.rand(batch_size, in_channels, *crop_size, device=device)
    label = torch.randint(0, 2, (batch_size, 1, *crop_size), device=device).float()
    taken = []
    for _ in range(_STEPS + 1):
        began = time.perf_counter()
        optimiser.zero_grad()
        found: torch.Tensor = loss(network(image), label)
        found.backward()
        optimiser.step()
        found.item()  # a GPU has finished then
        taken.append(time.perf_counter() - began)
    return min(taken[1:])

"""The order of samples, as a pure function of seed and position."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed
from torch.utils.data import DataLoader, Dataset, Sampler

from ..errors import UserError
from ..random import fold
from ..signals import ASKED_TO_END

Key = tuple[int, int]
logger = logging.getLogger(__name__)


class EpochStream(Sampler[list[Key]]):
    """Endless batches of ``(epoch, index)`` keys; each epoch is one seeded permutation.

    One iterator serves a whole run: workers start once and prefetch across epochs. ``len`` is
    the number of batches in one epoch, the last partial batch is dropped. With several ranks each
    takes its own slice of the joint batch, so that two ranks see what one would see with a batch
    twice as large. Where few labels make an epoch smaller than one batch, the epoch is the batch.

    Args:
        num_samples: samples in an epoch.
        batch_size: samples per batch and rank.
        seed: run seed.
        indices: gives the ``num_samples`` samples of an epoch; default: 0, 1, 2 and so on.
        together: so many neighbours stay side by side in the order, so that a batch holds several
            crops of a scan: what tells them apart is then not the scan.

    Attributes:
        start: iterations of the whole run to skip; set it to resume.

    Raises:
        UserError: the batch size is below 1, there are fewer samples than ranks, or the samples do
            not divide into groups of ``together``.
    """

    def __init__(
        self,
        num_samples: int,
        batch_size: int,
        seed: int = 0,
        indices: Callable[[int], NDArray[np.int64]] | None = None,
        together: int = 1,
    ) -> None:
        self.rank, self.ranks = 0, 1
        if distributed.is_available() and distributed.is_initialized():
            self.rank, self.ranks = distributed.get_rank(), distributed.get_world_size()
        if batch_size < 1 or num_samples < self.ranks:
            raise UserError(
                f"batch_size: {batch_size} x {self.ranks} rank(s) of {num_samples} sample(s), "
                "expected at least one sample for each rank"
            )
        if not isinstance(together, int) or together < 1 or num_samples % together:
            raise UserError(
                f"together: {together}, expected a divisor of the epoch's {num_samples} samples, "
                "such as crops_per_scan"
            )
        self.num_samples, self.seed, self.start = num_samples, seed, 0
        self.together = together
        self.indices = indices
        self.batch_size = min(batch_size, num_samples // self.ranks)
        if self.batch_size < batch_size and self.rank == 0:
            logger.warning(
                "batch_size: %d instead of %d, an epoch has only %d sample(s)",
                *(self.batch_size, batch_size, num_samples),
            )

    def __len__(self) -> int:
        return self.num_samples // (self.batch_size * self.ranks)

    def groups(self, epoch: int) -> NDArray[np.integer[Any]]:
        """The order of ``together`` neighbours in ``epoch``, ``(num_samples / together,)``.

        Four bytes for each, as long as that holds their number. None of it can be told without the
        rest: it is shuffled in place, one draw after the other.
        """
        count = self.num_samples // self.together
        dtype = torch.int32 if count <= torch.iinfo(torch.int32).max else torch.int64
        generator = torch.Generator().manual_seed(fold(self.seed, epoch, "order"))
        shuffled: NDArray[np.integer[Any]]
        shuffled = torch.randperm(count, generator=generator, dtype=dtype).numpy()
        return shuffled

    def __iter__(self) -> Iterator[list[Key]]:
        epoch, skip = divmod(self.start, len(self))
        while True:
            yield from self._batches(epoch, skip)
            epoch, skip = epoch + 1, 0

    def _batches(self, epoch: int, skip: int) -> Iterator[list[Key]]:
        """Those of one epoch; its order is gone before the next one is drawn."""
        groups = self.groups(epoch)
        rows = None if self.indices is None else self.indices(epoch)
        for batch in range(skip, len(self)):
            first = (batch * self.ranks + self.rank) * self.batch_size
            group, place = np.divmod(np.arange(first, first + self.batch_size), self.together)
            order = groups[group].astype(np.int64) * self.together + place
            yield [(epoch, i) for i in (order if rows is None else rows[order]).tolist()]


def stream_loader(
    dataset: Dataset[Any],
    batch_size: int,
    seed: int = 0,
    num_workers: int = 0,
    device: torch.device | str = "cpu",
    together: int = 1,
) -> DataLoader[Any]:
    """Training loader over an :class:`EpochStream`; host memory is pinned for a GPU.

    ``dataset[(epoch, index)]`` gives a sample whose random decisions follow from that key. A method
    ``indices(epoch)`` of the data set says which samples an epoch visits, always the same number.
    ``together`` neighbours stay side by side.
    """
    indices = getattr(dataset, "indices", None)
    count = len(dataset) if indices is None else len(indices(0))  # type: ignore[arg-type]
    stream = EpochStream(count, batch_size, seed, indices, together)
    return DataLoader(
        dataset,
        batch_sampler=stream,
        num_workers=num_workers,
        pin_memory=torch.device(device).type == "cuda",
        # Its own generator, or each start of the workers would move the global random state.
        generator=torch.Generator().manual_seed(fold(seed, "loader")),
        worker_init_fn=_leave_signals_to_the_trainer,
    )


def _leave_signals_to_the_trainer(_worker: int) -> None:
    """Let a signal to the whole group, as Ctrl-C or a batch system sends, end the trainer alone.

    It ends its workers when it has written its checkpoint: SIGTERM is obeyed where the trainer
    sends it, or for the second time. Systems that do not tell the sender obey at once.
    """
    for each in ASKED_TO_END:
        if each != signal.SIGTERM:
            signal.signal(each, signal.SIG_IGN)
    if hasattr(signal, "sigwaitinfo"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        threading.Thread(target=_obey_the_trainer, daemon=True).start()


def _obey_the_trainer() -> None:
    """Wait for SIGTERM, which is blocked in all threads, and end the process when it counts."""
    first = signal.sigwaitinfo({signal.SIGTERM})
    if first.si_pid != os.getppid():
        signal.sigwaitinfo({signal.SIGTERM})
    os._exit(0)

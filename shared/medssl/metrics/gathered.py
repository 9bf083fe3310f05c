"""Figures of all cases of an evaluation, whatever the ranks' shares of them."""

from __future__ import annotations

import torch
from ignite.exceptions import NotComputableError
from ignite.metrics import EpochMetric
from monai.utils import evenly_divisible_all_gather


class GatheredMetric(EpochMetric):
    """ignite's ``EpochMetric``, which itself gathers equal numbers of cases only."""

    def compute(self) -> float:
        """The figure of all ranks' cases.

        Raises:
            NotComputableError: there was no case.
        """
        if not self._predictions:
            raise NotComputableError(f"{type(self).__name__}: no case to compute a figure of")
        parts = (torch.cat(part) for part in (self._predictions, self._targets))
        return float(self.compute_fn(*map(evenly_divisible_all_gather, parts)))
